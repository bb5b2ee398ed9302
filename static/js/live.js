import { $ } from "./dom.js";
import { say } from "./say.js";

// How many notifications are unread, as the server tells it. Of all open pages of a browser
// one listens, which has the lock, and tells the others; where there are no locks each does.
const member = $("#reminders")?.dataset.member;
const key = `unread ${member}`;

const show = (n) => {
	for (const badge of document.querySelectorAll("[data-unread]")) {
		badge.hidden = !n;
		if (!badge.classList.contains("dot-unread")) badge.textContent = n > 99 ? "99+" : n;
	}
};
const told = (n) => {
	if (n > Number(localStorage.getItem(key) || 0)) say(n === 1 ? "One unread notification" : `${n} unread notifications`);
	localStorage.setItem(key, n);
	show(n);
};
const listen = () => new Promise(() => { // for as long as the page is there
	const channel = "BroadcastChannel" in window ? new BroadcastChannel(key) : null;
	const begin = () => {
		const source = new EventSource("/notifications/stream");
		source.addEventListener("unread", (e) => {
			told(Number(e.data));
			channel?.postMessage(Number(e.data));
		});
		source.addEventListener("error", () => { // one that the browser does not try again: signed out, or a process that stops
			if (source.readyState === EventSource.CLOSED) setTimeout(begin, 20000 + Math.random() * 20000);
		});
	};
	begin();
});
if (member) {
	show(Number(localStorage.getItem(key) || 0));
	if (navigator.locks) {
		new BroadcastChannel(key).addEventListener("message", (e) => show(e.data));
		navigator.locks.request(key, listen).catch(() => {}); // the page went before its turn came
	} else listen();
}
