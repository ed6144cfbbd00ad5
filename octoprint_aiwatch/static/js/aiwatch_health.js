/*
 * What OctoPrint's own health page shows of our checks. It asks every view model for
 * handlers; without that plugin nobody asks.
 */
$(function () {
	"use strict";
	const core = window.AiWatch.core;

	function AiWatchHealth() {
		const self = this;

		self.getAdditionalHealthCheckHandlers = function () {
			const handlers = {};
			["webcam", "backend", "last_check", "disk"].forEach(function (name) {
				handlers[`aiwatch_${name}`] = function (result, context) {
					const shown = core.health(name, context);
					// What a service or a webcam says is text, never markup.
					const html = shown.lines.map((line) => `<p>${_.escape(line)}</p>`).join("");
					return {title: shown.title, html, result};
				};
			});
			return handlers;
		};
	}

	OCTOPRINT_VIEWMODELS.push({
		construct: AiWatchHealth,
		name: "aiWatchHealth",
		dependencies: [],
		elements: []
	});
});
