/* The navigation bar's tiny gauge; a click opens the tab. */
$(function () {
	"use strict";

	function AiWatchNavbar(parameters) {
		const self = this;
		self.store = parameters[0];
		self.open = () => $("#tab_plugin_aiwatch_link a").tab("show");
	}

	OCTOPRINT_VIEWMODELS.push({
		construct: AiWatchNavbar,
		name: "aiWatchNavbar",
		dependencies: ["aiWatchStore"],
		elements: ["#navbar_plugin_aiwatch"]
	});
});
