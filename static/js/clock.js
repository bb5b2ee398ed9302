// Relative times follow the clock of a page left open.
const units = [["year", 31557600], ["month", 2629800], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
setInterval(() => {
	for (const t of document.querySelectorAll("time[data-relative]")) {
		const s = (new Date(t.dateTime) - Date.now()) / 1000;
		const [unit, n] = units.find(([, n]) => Math.abs(s) >= n) || [];
		t.textContent = unit ? relative.format(Math.trunc(s / n), unit) : "just now";
	}
}, 60000);
