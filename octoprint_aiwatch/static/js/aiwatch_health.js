/* What OctoPrint's own health page shows of our checks; it asks view models for handlers. */
$(() => {
"use strict";

function AiWatchHealth() {
	const handler = (name) => (result, context) => {
		const {title, lines} = AiWatch.core.health(name, context);
		// What a service or a webcam says is text, never markup.
		return {title, html: lines.map((line) => `<p>${_.escape(line)}</p>`).join(""), result};
	};
	this.getAdditionalHealthCheckHandlers = () => Object.fromEntries(
		["webcam", "backend", "last_check", "disk"]
			.map((name) => [`aiwatch_${name}`, handler(name)]));
}

AiWatch.view("aiWatchHealth", AiWatchHealth, []);
});
