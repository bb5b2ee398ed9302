// What HTML cannot do by itself. Everything here is a convenience: each page
// works without it. Listeners sit on document, so swapped-in parts need none.
"use strict";

const $ = (selector, root = document) => root.querySelector(selector);
const typing = (el) => el.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
let going = 0; // when g was pressed

// The browser's time zone, for whoever has chosen none.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (zone && !document.cookie.split("; ").includes("zone=" + zone))
	document.cookie = `zone=${zone}; path=/; max-age=31536000; samesite=lax${location.protocol === "https:" ? "; secure" : ""}`;

// A form that wants some work done is worked on while it is filled in, and sent once
// that is done. Where that can't be, the server goes on another way.
const worked = (form) => form.matches("form[data-work]") && window.isSecureContext && window.Worker && !form.elements.work.value.includes(".");
const work = (form) => form.working ??= new Promise((done) => {
	const worker = new Worker(form.dataset.work);
	worker.onmessage = ({ data }) => { form.elements.work.value = data; worker.terminate(); done(); };
	worker.onerror = () => { form.removeAttribute("data-work"); done(); };
	worker.postMessage(form.elements.work.value);
});
document.addEventListener("input", (e) => { if (e.target.form && worked(e.target.form)) work(e.target.form); });
document.addEventListener("submit", (e) => {
	if (!worked(e.target)) return;
	e.preventDefault();
	e.stopImmediatePropagation();
	work(e.target).then(() => e.target.requestSubmit());
}, true);

// The palette: search and commands from anywhere.
const openPalette = (text) => {
	const dialog = $("#palette");
	const input = $("input[type=search]", dialog);
	if (!dialog.open) dialog.showModal();
	input.value = text;
	input.focus();
	htmx.trigger($("form", dialog), "opened");
};
document.addEventListener("click", (e) => { // by Tab it is a search field like any other
	if (e.target.matches("[data-palette]")) openPalette(e.target.value);
});
document.addEventListener("keydown", (e) => {
	if (e.key === "Enter" && e.target.matches("[data-transient]")) { // on to the choices, not off with the form
		e.preventDefault();
		e.target.nextElementSibling.focus();
		return;
	}
	const dialog = e.target.closest("#palette");
	if (!dialog) return;
	const links = [...dialog.querySelectorAll(".rows a")];
	const at = links.indexOf(document.activeElement);
	if (e.key === "ArrowDown" || e.key === "ArrowUp") {
		e.preventDefault();
		const next = at + (e.key === "ArrowDown" ? 1 : -1);
		(next < 0 ? $("input[type=search]", dialog) : links[Math.min(next, links.length - 1)])?.focus();
	}
});
// Enter opens the first hit of what is typed: where the answer to it is still on
// its way, once it is there.
let entered = false;
const openFirst = () => {
	const input = $("#palette input[type=search]");
	if ($("#palette .found")?.dataset.query !== input.value.trim()) return;
	entered = false;
	const first = $("#palette .rows a");
	if (first) first.click();
	else input.form.submit(); // to the page that says so
};
document.addEventListener("submit", (e) => {
	if (!e.target.closest("#palette")) return;
	e.preventDefault();
	if (!$("#palette input[type=search]").value.trim()) return;
	entered = true;
	openFirst();
}, true);
document.addEventListener("input", (e) => { if (e.target.closest("#palette")) entered = false; });
document.addEventListener("htmx:after:swap", () => { if (entered) openFirst(); });
document.addEventListener("click", (e) => { if (e.target.id === "palette") e.target.close(); }); // its backdrop

// Keys (the dialog #keys lists them).
document.addEventListener("keydown", (e) => {
	const el = e.target;
	if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
		el.closest("form")?.requestSubmit();
		return;
	}
	if (e.key === "Escape") {
		if (el.type === "search" && el.value) {
			e.preventDefault();
			el.value = "";
			el.dispatchEvent(new Event("input", { bubbles: true }));
			return;
		}
		const menu = el.closest("details.menu[open]");
		if (menu) {
			menu.open = false;
			$("summary", menu).focus();
			return;
		}
		const cancel = el.closest("form")?.querySelector("[data-cancel]");
		if (cancel) cancel.click();
		else if (typing(el)) el.blur();
		return;
	}
	if ((e.ctrlKey || e.metaKey) && e.key === "k" && $("#palette")) {
		e.preventDefault();
		openPalette("");
		return;
	}
	if (e.ctrlKey || e.metaKey || e.altKey || typing(el) || $("dialog[open]")) return;
	if (e.key === "/" && $("#palette")) {
		e.preventDefault();
		openPalette("");
		return;
	}
	// g, then the letter of a place.
	if (going && Date.now() - going < 1500) {
		const place = $(`[data-go="${CSS.escape(e.key)}"]`);
		going = 0;
		if (place) {
			e.preventDefault();
			place.click();
			return;
		}
	}
	if (e.key === "g") {
		going = Date.now();
		return;
	}
	// On a card of a board, m moves that card.
	const card = el.closest(".card-item");
	if (e.key === "m" && card) {
		const move = $("[data-move]", card) || $(".move summary", card);
		if (move) {
			e.preventDefault();
			move.click();
			return;
		}
	}
	const target = $(`[data-key="${CSS.escape(e.key)}"]`);
	if (!target) return;
	e.preventDefault();
	if (typing(target)) {
		target.focus();
		target.select?.();
	} else target.click();
});

// j and k walk through a list's rows.
document.addEventListener("keydown", (e) => {
	if ((e.key !== "j" && e.key !== "k") || e.ctrlKey || e.metaKey || e.altKey || typing(e.target)) return;
	const rows = [...document.querySelectorAll(".list .name, .cards .name, .tasks .name")];
	if (!rows.length) return;
	const at = rows.indexOf(document.activeElement);
	const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + (e.key === "j" ? 1 : -1)));
	rows[next].focus();
});

// A menu closes on a click outside it and when another opens.
document.addEventListener("click", (e) => {
	for (const menu of document.querySelectorAll("details.menu[open]"))
		if (!menu.contains(e.target)) menu.open = false;
	const open = e.target.closest("[data-open]");
	if (open) document.getElementById(open.dataset.open).showModal();
	const close = e.target.closest("[data-close]");
	if (close) close.closest(".toast, dialog")?.[close.closest("dialog") ? "close" : "remove"]();
});

// The workspace's address follows its name until somebody types one.
document.addEventListener("input", (e) => {
	if (e.target.name === "slug") e.target.dataset.touched = "";
	if (e.target.name !== "workspace") return;
	const slug = e.target.form?.elements.slug;
	if (!slug || "touched" in slug.dataset) return;
	slug.value = e.target.value.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase()
		.replace(/[^a-z0-9]+/g, "-").replace(/^[^a-z]+|-+$/g, "").slice(0, 40);
	slug.dispatchEvent(new Event("suggested", { bubbles: true }));
});

// Waiting shows after 100 ms (the stylesheet delays it).
let waiting = 0;
document.addEventListener("htmx:before:request", (e) => {
	if (e.detail.ctx.sourceElement.closest("#timeline-refresh")) return; // nobody waits for it
	e.detail.ctx.counted = true;
	waiting++;
	document.documentElement.classList.add("busy");
	e.detail.ctx.dimmed = e.detail.ctx.target; // an answer may name another target
	e.detail.ctx.dimmed?.classList?.add("waiting");
	// What has the focus may be swapped away: the focus goes on at what will
	// stand in its place.
	const source = e.detail.ctx.sourceElement;
	const th = source.closest("th");
	if (th) e.detail.ctx.next = `th:nth-child(${th.cellIndex + 1}) a`;
	if (source.matches("[data-cancel]")) e.detail.ctx.next = `.value[href$="field=${source.closest("form").elements.field.value}"]`;
	if (source.closest(".more")) e.detail.ctx.next = `.list tbody tr:nth-child(${source.closest("tr").rowIndex}) .name`;
});

// What was typed is not thrown away without asking.
const unsaved = (form) => !("sent" in form.dataset) && ("unsaved" in form.dataset || [...form.elements].some((el) =>
	"changed" in el.dataset || (el.matches("input:not([type=hidden]), textarea") && el.value !== el.defaultValue)));
document.addEventListener("change", (e) => { if (e.target.matches("select")) e.target.dataset.changed = ""; });
document.addEventListener("submit", (e) => { e.target.dataset.sent = ""; }, true);
document.addEventListener("htmx:config:request", (e) => {
	const source = e.detail.ctx.sourceElement;
	const form = $("form.inline");
	if (form && unsaved(form) && source !== form && source.matches(".value, [data-cancel]") && !confirm("Discard what you typed?")) e.preventDefault();
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));
addEventListener("beforeunload", (e) => {
	if ([...document.querySelectorAll("form[data-guard]")].some(unsaved)) e.preventDefault();
});

// A plain confirmation goes away by itself; one that can be undone stays longer.
const fade = () => {
	for (const toast of document.querySelectorAll(".toast:not([data-fading])")) {
		toast.dataset.fading = "";
		if (toast.closest(".gallery") || toast.getAttribute("role") === "alert") continue;
		const leave = () => (toast.matches(":hover, :focus-within") ? setTimeout(leave, 2000) : toast.remove());
		setTimeout(leave, $("form", toast) ? 20000 : 6000);
	}
};
document.addEventListener("DOMContentLoaded", fade);
document.addEventListener("htmx:after:swap", fade);

// A menu closes when the focus leaves it. A press on a word in it moves the focus to
// what contains the menu: that is no leaving, and the release is still to come.
let pressing = false;
document.addEventListener("pointerdown", () => { pressing = true; }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { pressing = false; }, true);
document.addEventListener("focusout", (e) => {
	const menu = e.target.closest("details.menu[open]");
	if (menu && e.relatedTarget && !pressing && !menu.contains(e.relatedTarget) && !e.relatedTarget.contains(menu)) menu.open = false;
});
document.addEventListener("htmx:finally:request", (e) => {
	if (e.detail.ctx.counted) waiting = Math.max(0, waiting - 1);
	if (!waiting) document.documentElement.classList.remove("busy");
	const { dimmed, sourceElement, hx } = e.detail.ctx;
	dimmed?.classList?.remove("waiting");
	if (!hx?.location && !hx?.redirect) delete sourceElement.dataset.sent; // not saved: guard it again
});

// No answer at all: say so, and keep what was typed.
document.addEventListener("htmx:error", (e) => {
	if (!e.detail.ctx) return;
	const toast = document.createElement("div");
	toast.className = "toast";
	toast.setAttribute("role", "alert");
	toast.textContent = "We could not reach the server. Check your connection and try again.";
	document.body.append(toast);
	setTimeout(() => toast.remove(), 8000);
});

// Focus goes where the work goes on: the first mistake, or the field just opened.
document.addEventListener("htmx:after:swap", (e) => {
	const target = e.detail.ctx?.target;
	const root = target?.isConnected ? target : target?.id && document.getElementById(target.id);
	const active = document.activeElement;
	if ((!root && !e.detail.ctx?.next) || (typing(active) && !root?.contains(active))) return; // somebody types elsewhere
	const el = root && ($("[aria-invalid=true]", root) || $(".inline .input:not([data-transient]), .event form textarea", root) || $(".changed", root) || $(".notice.bad", root)) ||
		(e.detail.ctx.next && $(e.detail.ctx.next));
	if (!el) return;
	el.focus();
	if (el.matches("input")) el.select();
	el.closest(".inline")?.scrollIntoView({ block: "nearest" });
});

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

// Boards: a card dragged to another place is a PUT; the answer is the board.
const lostReason = () => new Promise((done) => {
	const dialog = $("#lost");
	const input = $("input", dialog);
	input.value = "";
	dialog.returnValue = "";
	dialog.showModal();
	dialog.addEventListener("close", () => done(dialog.returnValue === "lost" ? input.value.trim() : ""), { once: true });
});
const boards = () => {
	if (!window.Sortable) return;
	for (const list of document.querySelectorAll(".board[data-movable] .cards")) {
		if (Sortable.get(list)) continue;
		const kind = list.closest(".board").dataset.board;
		Sortable.create(list, {
			group: { name: "board", put: list.dataset.column !== "converted" }, draggable: ".card-item:not([data-locked])", forceFallback: true, fallbackTolerance: 4,
			onChoose: (e) => e.item.removeAttribute("style"), // our CSP would not let it clone one, nor its animation, which leaves some
			delay: 150, delayOnTouchOnly: true, filter: ".move, .move *", preventOnFilter: false, sort: kind === "stage",
			onEnd: async (e) => {
				if (e.from === e.to && e.oldIndex === e.newIndex) return;
				const values = { _method: "PUT", board: "1" };
				if (kind === "stage") {
					values.stage_id = e.to.dataset.column;
					values["was.stage_id"] = e.from.dataset.column;
					values.before_id = e.item.nextElementSibling?.dataset.id || "";
					if (!values.before_id && e.to.querySelector(".more")) values.after_id = e.item.previousElementSibling?.dataset.id || "";
					if (e.to.dataset.outcome === "lost" && e.from !== e.to) {
						values.lost_reason = await lostReason();
						if (!values.lost_reason) return location.reload();
					}
				} else {
					values.status = e.to.dataset.column;
					values.version = e.item.dataset.version;
				}
				htmx.ajax("PUT", `/${kind === "stage" ? "deals" : "leads"}/${e.item.dataset.id}/${kind}`, { source: "#results", target: "#results", swap: "outerHTML", values });
			},
		});
	}
};
document.addEventListener("DOMContentLoaded", boards);
document.addEventListener("htmx:after:swap", boards);

// Mentions: @ and a letter offer the members' names.
document.addEventListener("input", (e) => {
	const el = e.target;
	if (!el.matches("textarea[data-mentions]")) return;
	const typed = /(?:^|[^\p{L}\p{N}]|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}])@([\p{L}\p{M}\p{N}'’. -]{1,30})$/u.exec(el.value.slice(0, el.selectionStart));
	const fold = (s) => s.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
	const begins = (n) => [n.toLowerCase(), fold(n)].some((t) => [typed[1].toLowerCase(), fold(typed[1])].some((w) => t.startsWith(w)));
	const names = typed ? el.dataset.mentions.split("\n").map((l) => l.split("\t")).filter((l) => l.some(begins) && l[0].length > typed[1].length).map((l) => l[0]).slice(0, 6) : [];
	let box = $("#mentions-box");
	if (!names.length) return box?.remove();
	if (!box) {
		box = document.createElement("div");
		box.id = "mentions-box";
		box.className = "popover mention-box";
		el.after(box);
	}
	box.replaceChildren(...names.map((name) => {
		const option = document.createElement("button");
		option.type = "button";
		option.className = "option";
		option.textContent = name;
		option.addEventListener("click", () => {
			const end = el.selectionStart;
			el.setRangeText(name + " ", end - typed[1].length, end, "end");
			box.remove();
			el.focus();
		});
		return option;
	}));
});
document.addEventListener("keydown", (e) => {
	const box = $("#mentions-box");
	if (!box) return;
	const options = [...box.children];
	const at = options.indexOf(document.activeElement);
	if (e.key === "ArrowDown") options[Math.min(at + 1, options.length - 1)].focus();
	else if (e.key === "ArrowUp" && at > 0) options[at - 1].focus();
	else if (e.key === "Enter" && at < 0 && e.target.matches("textarea")) options[0].click();
	else if (e.key === "Escape") {
		box.remove();
		e.stopPropagation();
	} else return;
	e.preventDefault();
}, true);

// Previous and next record of the list one came from.
const list = [...document.querySelectorAll(".list .name, .cards .name")].map((a) => a.getAttribute("href"));
if (list.length) sessionStorage.setItem("list", JSON.stringify(list));
const walk = $("[data-walk]");
if (walk) {
	const known = JSON.parse(sessionStorage.getItem("list") || "[]");
	const at = known.indexOf(location.pathname);
	for (const [key, label, href] of [["[", "Previous", known[at - 1]], ["]", "Next", known[at + 1]]]) {
		if (at < 0 || !href) continue;
		const a = document.createElement("a");
		a.className = "button quiet square";
		a.href = href;
		a.dataset.key = key;
		a.title = `${label} (${key})`;
		a.setAttribute("aria-label", label + " record");
		a.textContent = key === "[" ? "‹" : "›";
		walk.append(a);
	}
}

// On a phone the settings' tabs scroll: to the one that is open.
$(".subnav [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });

// Reminders whose time has come. A page nobody looks at does not ask.
const remind = async () => {
	const box = $("#reminders");
	if (!box || document.hidden) return;
	try {
		const answer = await fetch("/tasks/reminders", { headers: { "HX-Request": "true" } });
		if (answer.headers.has("HX-Redirect")) location.assign(answer.headers.get("HX-Redirect")); // signed out, or no longer a member
		if (answer.status === 403) location.reload();
		if (!answer.ok || answer.headers.has("HX-Redirect") || !box.isConnected) return;
		const text = await answer.text();
		if (text === box.dataset.text) return; // said already
		box.dataset.text = text;
		box.innerHTML = text;
		htmx.process(box);
	} catch { /* offline: the next minute */ }
};
setTimeout(remind, 1500);
setInterval(remind, 60000);
document.addEventListener("visibilitychange", remind);

// Passkeys: the server asks, the browser asks the person, the server checks.
const passkeys = () => {
	if (!window.PublicKeyCredential?.parseRequestOptionsFromJSON) return;
	for (const box of document.querySelectorAll("[data-passkey]")) box.hidden = false;
};
passkeys();
document.addEventListener("click", async (e) => {
	const button = e.target.closest("[data-passkey] button");
	if (!button) return;
	const box = button.closest("[data-passkey]");
	const { passkey, next, workspace } = box.dataset;
	const error = $(".error", box);
	const post = async (step, body) => {
		const answer = await fetch(`/passkeys/${passkey}/${step}?` + new URLSearchParams({ next, workspace }), {
			method: "POST", headers: { "Content-Type": "application/json", Accept: "application/json" }, body: JSON.stringify(body),
		});
		if (answer.redirected) { // asked to show first who one is
			location.assign(answer.url);
			return null;
		}
		if (!answer.headers.get("Content-Type")?.includes("json")) throw new Error("We can’t do this right now. Try again in a moment.");
		const said = await answer.json();
		if (!answer.ok) throw new Error(said.error);
		return said;
	};
	error.hidden = true;
	button.disabled = true;
	try {
		const options = await post("begin", {});
		if (!options) return;
		const credential = passkey === "login"
			? await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options.publicKey) })
			: await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options.publicKey) });
		const done = await post("finish", credential.toJSON());
		const waiting = $("form[data-waiting]"); // what was sent before one was asked who one is
		if (done && waiting && passkey === "login") waiting.submit();
		else if (done) location.assign(done.location);
	} catch (reason) {
		error.textContent = reason instanceof DOMException
			? (reason.name === "InvalidStateError" ? "This device has a passkey of yours already." : "That did not work out. Try again when you are ready.")
			: reason.message;
		error.hidden = false;
	} finally {
		button.disabled = false;
	}
});
