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
const told = ({ n, rose }) => {
	show(n);
	if (rose && !document.hidden) say(n === 1 ? "One unread notification" : `${n} unread notifications`);
};
const listen = (channel) => new Promise((end) => { // for as long as the page is there
	let source;
	let timer;
	const begin = () => {
		source = new EventSource("/notifications/stream");
		source.addEventListener("unread", (e) => {
			const n = Number(e.data);
			const news = { n, rose: n > Number(localStorage.getItem(key) || 0) };
			localStorage.setItem(key, n);
			told(news);
			channel?.postMessage(news);
		});
		source.addEventListener("error", () => { // one that the browser does not try again: signed out, or a process that stops
			if (source.readyState === EventSource.CLOSED) timer = setTimeout(begin, 20000 + Math.random() * 20000);
		});
	};
	begin();
	addEventListener("pagehide", () => { // or the browser could not keep it
		clearTimeout(timer);
		source.close();
		end();
	}, { once: true });
});
const attend = () => {
	show(Number(localStorage.getItem(key) || 0));
	if (!navigator.locks) return listen();
	const channel = new BroadcastChannel(key);
	channel.addEventListener("message", (e) => told(e.data));
	const turn = new AbortController();
	addEventListener("pagehide", () => {
		turn.abort();
		channel.close();
	}, { once: true });
	return navigator.locks.request(key, { signal: turn.signal }, () => listen(channel)).catch(() => {}); // it went before its turn came
};
if (member) {
	attend();
	addEventListener("pageshow", (e) => { if (e.persisted) attend(); });
}
