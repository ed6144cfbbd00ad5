/* The tab, the sidebar's small gauge and the navigation bar's tiny one, bound to the store. */
$(() => {
"use strict";

function AiWatchTab([store, history]) {
	const self = this;
	Object.assign(self, {store, history});

	self.toggleSuppress = () =>
		store.command(store.status().suppressed ? "unsuppress" : "suppress");
	self.notAFailure = () => store.command("not_a_failure");
	self.waveThrough = (pick) => store.command("not_a_failure", pick.detection);
	self.alwaysIgnore = (pick) => store.command("always_ignore", pick.detection);
	self.pointedAt = ko.observable("");
	self.pointAt = (box) => self.pointedAt(box.key);
	self.leave = () => self.pointedAt("");
	self.pointed = ko.pureComputed(() =>
		store.shownFrame().boxes.find((box) => box.key === self.pointedAt()));
	self.canIgnore = (box) => store.canControl() && store.status().job &&
		store.picks().includes(box);
	// After a pause of ours: three choices, the last one asked once more.
	self.cancelling = ko.observable(false);
	self.choose = (command) => {
		self.cancelling(false);
		store.command(command, null, store.status().job.id);
	};
	self.canChoose = ko.pureComputed(() => store.canControl() &&
		store.canPrint() && !store.busy());
	store.pausedByUs.subscribe(() => self.cancelling(false));
	self.checkNow = () => store.command("check_now");
	self.suppressText = ko.pureComputed(() =>
		store.status().suppressed
			? gettext("Alerts on again")
			: gettext("Suppress for this print"));
	self.canToggle = ko.pureComputed(() => {
		const buttons = store.buttons();
		return !store.busy() && (buttons.suppress || buttons.unsuppress);
	});

	// These lie outside the bound elements, so they are not Knockout's to hide.
	self.onAllBound = () => ko.computed(() =>
		$("#tab_plugin_aiwatch_link, #sidebar_plugin_aiwatch_wrapper").toggle(store.canView()));
}

function AiWatchSidebar([store]) {
	this.store = store;
}

function AiWatchNavbar([store]) {
	this.store = store;
	this.open = () => $("#tab_plugin_aiwatch_link a").tab("show");
}

const {view} = AiWatch;
view("aiWatchTab", AiWatchTab, ["aiWatchStore", "aiWatchHistory"], ["#tab_plugin_aiwatch"]);
view("aiWatchSidebar", AiWatchSidebar, ["aiWatchStore"], ["#sidebar_plugin_aiwatch"]);
view("aiWatchNavbar", AiWatchNavbar, ["aiWatchStore"], ["#navbar_plugin_aiwatch"]);
});
