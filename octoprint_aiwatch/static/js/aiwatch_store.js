/* What the browser knows of the watch: it alone hears the plugin's messages and asks for status
   and frame. The views read it; it must not touch their elements. */
$(() => {
"use strict";
const {observable, pureComputed} = ko;
const {core, timeline} = AiWatch;
const TAB = "#tab_plugin_aiwatch";
const ANSWER_MS = 15000;
Object.assign(core.words, JSON.parse($("#aiwatch-words").text() || "{}"));

/** Shows an image as OctoPrint shows the webcam. A turned image takes no room of its own size,
    so the style sheet is told its size and makes that room. */
ko.bindingHandlers.aiwatchView = {
	init: (image) => {
		image.addEventListener("load", () => {
			const style = image.parentElement.style;
			style.setProperty("--aiwatch-width", image.naturalWidth);
			style.setProperty("--aiwatch-height", image.naturalHeight);
		});
	},
	update: (image, value) => {
		const view = ko.unwrap(value());
		image.style.transform = core.transform(view);
		image.parentElement.classList.toggle("is-turned", !!(view && view.rotate_90));
	}
};

function AiWatchStore(parameters) {
	const self = this;
	const [login, access] = parameters;
	const url = self.url = (path) => OctoPrint.getBlueprintUrl("aiwatch") + path;

	self.status = observable(core.emptyStatus());
	self.problems = ko.observableArray([]);
	self.announcement = observable("");
	self.shownFrame = observable({url: "", boxes: [], view: null});
	self.busy = observable(false);
	self.answer = observable({ok: true, text: ""});
	self.now = observable(Date.now());
	const line = observable(timeline.NONE);
	const tabActive = observable(false);
	const pageVisible = observable(!document.hidden);
	let receivedMs = Date.now();

	const allowed = (name) =>
		pureComputed(() => login.hasPermission(access.permissions[name]));
	self.canView = allowed("PLUGIN_AIWATCH_VIEW");
	self.canControl = allowed("PLUGIN_AIWATCH_CONTROL");
	self.canSet = allowed("SETTINGS");
	self.canPrint = allowed("PRINT");

	const from = (compute) => pureComputed(() => compute(self.status()));
	self.gauge = from(core.gauge);
	self.look = from(core.look);
	self.verdict = from(core.verdictWord);
	self.phase = from(core.phaseWords);
	self.reasons = from(core.furtherReasons);
	self.summary = from(core.summary);
	self.sign = from(core.sign);
	self.pausedByUs = from((status) => status.paused_by === "us");
	self.quality = from((status) => core.qualityWords(status.quality));
	self.ladder = from(core.ladderRows);
	self.budget = from(core.budgetRows);
	self.buttons = from((status) => core.buttons(status, self.canControl()));
	const left = (name) => pureComputed(() =>
		core.remaining(self.status()[name], receivedMs, self.now()));
	const nextCheck = left("next_check_s"), grace = left("grace_s");
	self.nextCheck = pureComputed(() => core.countdown(nextCheck()));
	self.grace = pureComputed(() => (grace() > 0 ? core.duration(grace()) : ""));
	self.curve = (drawn) => {
		const share = observable(null);
		return {
			drawn,
			looked: pureComputed(() =>
				(share() === null ? null : timeline.at(drawn(), share()))),
			look: (_, event) =>
				share(core.corner(event, event.currentTarget.getBoundingClientRect())[0]),
			away: () => share(null)
		};
	};
	// What lasts grows, but not with every second.
	const elapsed = pureComputed(() => {
		const job = self.status().job;
		return job ? Math.floor((job.elapsed_s + (self.now() - receivedMs) / 1000) / 10) * 10 : 0;
	});
	self.live = self.curve(pureComputed(() =>
		timeline.draw({...line(), end: Math.max(line().end, elapsed())})));
	self.zoneLines = from((status) => core.zones(status).map((at) => `${(1 - at) * 100}%`));

	function apply(status) {
		const before = self.status();
		receivedMs = Date.now();
		self.now(receivedMs);
		line(timeline.add(line(), status));
		self.status(status);
		if (core.look(before) !== core.look(status)) self.announcement(core.summary(status));
	}

	// An answer must not overwrite what was pushed while it was on its way.
	let pushed = 0;
	function unlessPushed() {
		const before = pushed;
		return (status) => status && pushed === before && apply(core.translated(status));
	}

	let asking = false;
	self.refresh = () => {
		if (!self.canView() || asking) return;
		asking = true;
		OctoPrint.get(url("api/status")).done(unlessPushed()).always(() => (asking = false));
	};

	let fading = null;
	self.command = (command, detection, job) => {
		if (self.busy()) return;
		self.busy(true);
		const applyAnswer = unlessPushed();
		self.post("command", core.commandBody(command, detection, job))
			.done((answer) => {
				self.answer({ok: true, text: answer.text || ""});
				applyAnswer(answer.status);
			})
			.fail((xhr) => self.answer({ok: false, text: core.errorText(xhr)}))
			.always(() => {
				self.busy(false);
				clearTimeout(fading);
				fading = setTimeout(() => self.answer({ok: true, text: ""}), ANSWER_MS);
			});
	};

	self.frameAddress = () => {
		const number = self.status().frame;
		if (!self.canView() || number === null || number === undefined) return "";
		return url("api/frame.jpg") + `?n=${encodeURIComponent(number)}`;
	};
	self.zones = pureComputed(() =>
		core.polygons(self.status().ignored_zones, self.shownFrame().view));
	self.picks = pureComputed(() => core.picks(self.shownFrame().boxes));

	self.post = (what, body) => OctoPrint.postJson(url("api/" + what), body);

	self.notify = (message) => {
		new PNotify({
			title: String(message.title || "AI Watch"),
			text: String(message.text || ""),
			// What a service or a file name says is text, never markup.
			title_escape: true,
			text_escape: true,
			type: ["info", "success", "error"].includes(message.level) ? message.level : "notice",
			hide: !(message.sticky || ["pause_failed", "pause_confirmed"].includes(message.event))
		});
	};

	self.onDataUpdaterPluginMessage = (plugin, sent) => {
		if (plugin !== "aiwatch" || !sent) return;
		const message = core.translated(sent);
		if (message.type === "status") {
			pushed++;
			apply(message.status);
		}
		if (message.type === "note") line(timeline.note(line(), message));
		if (message.type === "alert") self.notify(message);
		if (message.type === "settings_problems") self.problems(message.problems || []);
	};

	// The whole job, once somebody looks; again after a pause of ours, which the history
	// may know later.
	self.pause = observable({});
	let asked = null;
	function learn(id, key, tries) {
		const of = url(`api/jobs/${encodeURIComponent(id)}`);
		const still = (check) => (check && check.has_frame ? {
			url: `${of}/frames/${check.n}.jpg`, view: check.view,
			boxes: core.boxes(check.detections, check.view), at: timeline.clock(check.at_s)
		} : null);
		OctoPrint.get(of).done((job) => {
			if (asked !== key) return;
			line(timeline.merge(timeline.read(job), line()));
			const ours = job.pauses.filter((pause) => pause.who === "us").length;
			const late = self.pausedByUs() && ours < self.status().pauses;
			const {seen, fine} = (self.pausedByUs() && !late && job.pause) || {};
			self.pause({seen: still(seen), fine: still(fine)});
			if (late && tries && job.checks) setTimeout(() => self.pausedByUs() && learn(id, key, tries - 1), 1000);
		});
	}
	ko.computed(() => {
		const status = self.status(), id = status.job && status.job.id;
		if (!self.pausedByUs()) self.pause({});
		const key = self.pausedByUs() ? `${id}/${status.pauses}` : id;
		if (!id || String(asked).startsWith(key) || !self.canView() || !tabActive() || !pageVisible()) return;
		asked = key;
		learn(id, key, 3);
	});
	self.seen = pureComputed(() => self.pause().seen || self.shownFrame());

	// A frame is fetched only while somebody can see it. It is loaded aside and then
	// shown together with its boxes, so that boxes never lie on another frame.
	let loading = null;
	ko.computed(() => {
		const status = self.status();
		const wanted = self.canView() && tabActive() && pageVisible();
		const address = self.frameAddress();
		if (!address) {
			loading = null;
			self.shownFrame({url: "", boxes: [], view: null});
			return;
		}
		const view = status.view, boxes = core.boxes(status.detections, view);
		const shown = {url: address, boxes: boxes, view: view};
		if (self.shownFrame.peek().url === address) {
			self.shownFrame(shown);
			return;
		}
		if (!wanted) return;
		if (loading && loading.shown.url === address) {
			loading.shown = shown;
			return;
		}
		const mine = (loading = {shown: shown});
		const image = new Image();
		image.onload = () => {
			if (loading === mine) self.shownFrame(mine.shown);
		};
		image.onerror = () => {
			if (loading === mine) loading = null;
		};
		image.src = address;
	});

	setInterval(() => {
		if (pageVisible() && (self.status().job || grace() > 0)) self.now(Date.now());
	}, 1000);

	self.onBrowserTabVisibilityChange = (visible) => pageVisible(visible);
	self.onTabChange = (current) => tabActive(current === TAB);
	self.onStartupComplete = () => {
		tabActive($(TAB).hasClass("active"));
		self.refresh();
	};
	self.onUserLoggedIn = self.onUserPermissionsChanged = self.refresh;
	self.onDataUpdaterReconnect = () => {
		asked = null;
		self.refresh();
	};
	self.onUserLoggedOut = () => {
		line(timeline.NONE);
		asked = null;
		self.status(core.emptyStatus());
	};
	self.canView.subscribe((can) => can && self.refresh());
}

/** Has OctoPrint make a view model, and bind it to elements. */
AiWatch.view = (name, construct, dependencies, elements = []) =>
	OCTOPRINT_VIEWMODELS.push({construct, name, dependencies, elements});
AiWatch.view("aiWatchStore", AiWatchStore, ["loginStateViewModel", "accessViewModel"]);
});
