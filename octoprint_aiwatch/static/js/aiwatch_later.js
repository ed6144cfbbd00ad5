/* The settings page and the wizard's are seldom looked at: what they are made of comes once
   one of them is shown. */
$(() => {
"use strict";
const SCRIPTS = ["camera", "services", "drill", "settings"];

function AiWatchLater(parameters) {
	const self = this;
	const [store] = parameters;
	let page, coming;

	/** A file; from the browser's cache unless another version put it there. */
	const get = (path, dataType) => $.ajax({
		url: `${store.url("static/" + path)}?v=${$("#aiwatch-words").data("version")}`,
		dataType, cache: true
	});
	// OctoPrint has its own in the body.
	const style = () => get("css/aiwatch_settings.css", "text")
		.then((text) => $("<style>").text(text).appendTo("body"));
	const bind = () => {
		page = new AiWatch.Settings(parameters);
		$("[id^=settings_plugin_aiwatch], [id^=wizard_plugin_aiwatch]").filter(".tab-pane")
			.each((_, element) => ko.applyBindings(page, element)).addClass("is-ready");
	};

	const withPage = (use) => {
		coming = coming || SCRIPTS.reduce((before, name) =>
			before.then(() => get(`js/aiwatch_${name}.js`, "script")), style()).then(bind);
		coming.then(() => use(page), () => {
			coming = null;
			store.notify({
				level: "error",
				title: gettext("AI Watch: these settings could not be loaded"),
				text: gettext("Is OctoPrint still running? Close them and open them again.")
			});
		});
	};
	["onSettingsShown", "onWizardShow"].forEach((name) =>
		(self[name] = () => withPage((it) => it[name]())));
	["onSettingsBeforeSave", "onSettingsHidden", "onAfterWizardFinish",
		"onBrowserTabVisibilityChange"].forEach((name) =>
		(self[name] = () => page && page[name]()));

	// The dialog closes on saving, so what was refused is said where it can be seen.
	store.problems.subscribe((problems) =>
		problems.length && store.canSet() && withPage((it) => it.refused(problems)));
}

AiWatch.view("aiWatchLater", AiWatchLater, ["aiWatchStore", "settingsViewModel", "aiWatchHistory"]);
});
