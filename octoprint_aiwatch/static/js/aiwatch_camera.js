/* The webcam in the settings: its picture as it is now, and the ignored places on it.
   Asks for a picture only while one is in sight and the browser's tab is shown. */
(() => {
"use strict";
const {observable, pureComputed} = ko;
const core = AiWatch.core;
const EVERY_MS = 3000, WHOLE = {left: 0, top: 0, width: 1, height: 1};
const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};

/** `at` gives the observable of a setting, `tested` the last test's result. */
AiWatch.Camera = function (store, at, tested) {
	const self = this;
	const inSight = new Set(), stored = observable("");
	let asking = false, timer;

	// ---- the picture ----
	self.live = observable(null);
	self.look = () => {
		clearTimeout(timer);
		if (asking || document.hidden || !inSight.size || !store.canControl() || !store.canSet()) return;
		const name = at("camera.name")();
		const isSame = () => name === at("camera.name")();
		const show = (picture) => isSame() && inSight.size && self.live(picture);
		asking = true;
		store.post("snapshot", {camera: {name}})
			.done((answer) => show(Object.assign(core.testResult(answer), {
				text: String(answer.text), advice: String(answer.advice)
			})))
			.fail((xhr) => show({ok: false, text: core.errorText(xhr), advice: "", frame: ""}))
			.always(() => {
				asking = false;
				timer = setTimeout(self.look, isSame() ? EVERY_MS : 0);
			});
	};
	self.changed = () => {
		self.live(null);
		self.look();
	};
	const observer = new IntersectionObserver((entries) => {
		entries.forEach((entry) => inSight[entry.isIntersecting ? "add" : "delete"](entry.target));
		self.look();
	});
	$(".aiwatch-webcam").each((_, element) => observer.observe(element));
	self.shown = () => stored(store.frameAddress());
	self.hidden = () => {
		self.live(null);
		corners([]);
	};
	const source = () => [self.live(), tested()].find((one) => one && one.frame);
	self.frame = pureComputed(() => (source() || {frame: stored()}).frame);
	self.view = pureComputed(() => (source() || store.status()).view);
	self.noFrame = () => stored("");

	// ---- ignored places: those of the settings, then the one being drawn ----
	const corners = self.corners = ko.observableArray();
	const zones = () => ko.toJS(at("camera.ignore_zones")()) || [];
	const keep = (list) => at("camera.ignore_zones")(list);
	const all = () => zones().concat([corners()]);
	const seen = (key) => {
		const [zone, corner] = key.split(".");
		return core.seen(self.view(), (all()[zone] || [])[corner] || [0, 0]);
	};

	/** Puts a corner where it is seen from now on; without a place it is taken away. */
	function put(key, place) {
		const [zone, corner] = key.split("."), list = all();
		const moved = place ? [core.delivered(self.view(), place)] : [];
		list[zone] = list[zone].slice();
		list[zone].splice(corner, 1, ...moved);
		corners(list.pop());
		keep(list.filter((one) => one.length > 2));
	}
	const pointed = (event) =>
		core.corner(event, $(event.target).closest(".aiwatch-frame")[0].getBoundingClientRect());

	self.zones = pureComputed(zones);
	self.drawn = pureComputed(() => core.polygons(zones(), self.view()));
	self.line = pureComputed(() => core.polygons([corners()], self.view())[0]);
	// Texts, so that a corner stays the same element while it is moved.
	self.handles = pureComputed(() => [].concat(...all().map((zone, z) =>
		zone.map((_, c) => `${z}.${c}`))));
	self.style = (key) => {
		const [x, y] = seen(key);
		return {left: `${100 * x}%`, top: `${100 * y}%`};
	};
	self.name = (number) => `${gettext("Place")} ${number + 1}`;
	self.label = (key) => {
		const [zone, corner] = key.split(".").map(Number);
		return `${self.name(zone)}, ${gettext("corner")} ${corner + 1}`;
	};
	self.grab = (_, event) => !event.target.setPointerCapture(event.pointerId);
	self.drag = (key, event) => {
		if (event.target.hasPointerCapture(event.pointerId)) put(key, pointed(event));
		return true;
	};
	self.tap = (key) => key === `${zones().length}.0` && corners().length > 2 && self.done();
	self.press = (key, {key: pressed, shiftKey}) => {
		const [x, y] = seen(key), step = shiftKey ? 0.05 : 0.01;
		if (pressed === "Delete") put(key);
		if (!ARROWS[pressed]) return pressed !== "Delete";
		const [right, down] = ARROWS[pressed];
		put(key, core.corner({clientX: x + step * right, clientY: y + step * down}, WHOLE));
	};
	self.point = (_, event) =>
		corners.push(core.delivered(self.view(), pointed(event)));
	self.add = () => {
		const next = zones().length;
		keep(zones().concat([[[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]]));
		$(`.aiwatch-corner[data-corner="${next}.0"]`).focus();
	};
	self.remove = (number) => keep(zones().filter((_, n) => n !== number));
	self.undo = () => corners.pop();
	self.done = () => {
		keep(zones().concat([corners().slice()]));
		corners([]);
	};
};
})();
