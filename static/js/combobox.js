import { $, fold } from "./dom.js";
import { say } from "./say.js";

// A picker is a combobox (WAI-ARIA Authoring Practices, list autocomplete): its words are
// searched for, and the list below them is chosen from. What stands without a script has what
// is sent: a select for one, boxes for several, a text with commas for tags. Words that were
// not chosen are sent too, and the server says what it makes of them.

const same = (a, b) => fold(a) === fold(b);

// one keeps its choice in a select.
const one = (pick, input) => {
	const select = $("select", pick);
	const name = input.name;
	select.hidden = true;
	for (const name of ["aria-invalid", "aria-describedby"]) if (select.hasAttribute(name)) input.setAttribute(name, select.getAttribute(name));
	if (!input.value && select.value) input.value = select.selectedOptions[0].textContent;
	const made = (name) => { // one that is to be made, "" for none
		$("[data-new]", pick)?.remove();
		if (!name) return;
		const field = document.createElement("input");
		Object.assign(field, { type: "hidden", name: `${select.name}.new`, value: name });
		field.dataset.new = "";
		pick.append(field);
	};
	const settled = () => $("[data-new]", pick) || (select.value && select.selectedOptions[0].textContent === input.value) || !input.value;
	// What is chosen is sent by the select alone: its words would be looked up for nothing.
	const settle = () => { input.name = settled() ? "" : name; };
	settle();
	return {
		settled,
		own: () => [...select.options].map((o) => ({ value: o.value, label: o.textContent })).filter((o) => o.value),
		typed() {
			select.value = "";
			made("");
			$("button", pick)?.remove();
			settle();
		},
		choose(option) {
			if (!option.make && ![...select.options].some((o) => o.value === option.value)) select.add(new Option(option.label, option.value));
			select.value = option.make ? "" : option.value;
			input.value = option.label;
			made(option.make ? option.label : "");
			$("button", pick)?.remove();
			settle();
			select.dispatchEvent(new Event("change", { bubbles: true }));
		},
	};
};

// several keeps its choices in chips before its words; kept writes them to where they are
// sent from.
const several = (input, own, chosen, kept) => {
	const chips = document.createElement("ul");
	chips.className = "chips";
	input.before(chips);
	const draw = () => {
		chips.hidden = !chosen.length;
		chips.replaceChildren(...chosen.map((option) => {
			const chip = document.createElement("li");
			chip.className = "tag";
			const name = document.createElement("bdi");
			name.textContent = option.label;
			chip.append(name);
			const button = document.createElement("button");
			button.type = "button";
			button.textContent = "×";
			button.setAttribute("aria-label", `Remove ${option.label}`);
			button.addEventListener("click", () => drop(option));
			chip.append(button);
			return chip;
		}));
	};
	const changed = () => {
		kept(chosen, input.value.trim());
		draw();
	};
	const drop = (option) => {
		chosen.splice(chosen.indexOf(option), 1);
		changed();
		say(`${option.label} removed`);
		input.focus();
	};
	draw();
	return {
		settled: () => !input.value.trim(),
		own: () => own().filter((o) => !chosen.some((c) => c.value === o.value)),
		left: (options) => options.filter((o) => !chosen.some((c) => same(c.label, o.label))),
		typed: () => kept(chosen, input.value.trim()),
		choose(option) {
			if (!chosen.some((c) => same(c.label, option.label))) chosen.push(option);
			input.value = "";
			changed();
			say(`${option.label} added`);
		},
		last() {
			if (chosen.length) drop(chosen[chosen.length - 1]);
		},
	};
};

// members are several by their boxes.
const members = (pick, input) => {
	const boxes = [...pick.querySelectorAll("[type=checkbox]")];
	const option = (box) => ({ value: box.value, label: box.parentElement.textContent.trim() });
	const name = input.name;
	$(".checks", pick).hidden = true;
	const kept = (chosen, words) => {
		for (const box of boxes) {
			box.checked = chosen.some((c) => c.value === box.value);
			box.dataset.changed = "";
		}
		input.name = words ? name : "";
	};
	if (!input.value) input.name = "";
	return several(input, () => boxes.map(option), boxes.filter((b) => b.checked).map(option), kept);
};

// tags are several by their names, with commas between them; what is typed is one more.
const tags = (input) => {
	const sent = document.createElement("input");
	Object.assign(sent, { type: "hidden", name: input.name, value: input.value });
	input.after(sent);
	const chosen = input.value.split(",").map((name) => name.trim()).filter(Boolean).map((name) => ({ value: name, label: name }));
	Object.assign(input, { name: "", value: "", placeholder: "Find or add a tag" });
	return several(input, () => [], chosen, (chosen, words) => {
		sent.value = [...chosen.map((c) => c.label), words].filter(Boolean).join(", ");
		sent.dataset.changed = "";
	});
};

const enhance = (pick) => {
	const input = $("input:not([type=hidden], [type=checkbox])", pick);
	const list = document.createElement("ul");
	let options = [];
	let at = -1; // of the active option
	let asked = 0;
	let choosing = false;
	let timer;

	pick.dataset.combobox = "";
	const holder = $("select", pick) ? one(pick, input) : $(".checks", pick) ? members(pick, input) : tags(input);
	list.id = `${input.id}-list`;
	list.className = "popover";
	list.hidden = true;
	list.setAttribute("role", "listbox");
	const label = pick.parentElement && $(`label[for="${$("select", pick)?.id ?? input.id}"]`, pick.parentElement);
	list.setAttribute("aria-label", input.getAttribute("aria-label") ?? label?.firstChild.textContent.trim() ?? "");
	pick.append(list);
	for (const [name, value] of [["role", "combobox"], ["aria-autocomplete", "list"], ["aria-expanded", "false"], ["aria-controls", list.id], ["autocomplete", "off"]]) input.setAttribute(name, value);
	if (label) {
		label.htmlFor = input.id;
		input.removeAttribute("aria-label");
	}
	input.defaultValue = input.value;

	const close = () => {
		list.hidden = true;
		at = -1;
		input.setAttribute("aria-expanded", "false");
		input.removeAttribute("aria-activedescendant");
	};
	const activate = (i) => {
		at = i;
		for (const [j, item] of [...list.children].entries()) item.setAttribute("aria-selected", j === i);
		if (i < 0) return;
		input.setAttribute("aria-activedescendant", list.children[i].id);
		list.children[i].scrollIntoView({ block: "nearest" });
	};
	const choose = (option) => {
		clearTimeout(timer);
		asked++; // an answer that is on its way is for words that are gone
		holder.choose(option);
		close();
	};
	const show = () => {
		list.replaceChildren(...options.map((o, i) => {
			const item = document.createElement("li");
			item.id = `${list.id}-${i}`;
			item.className = "option";
			item.setAttribute("role", "option");
			item.textContent = o.make ? `Create “${o.label}”` : o.label;
			item.addEventListener("click", () => choose(o));
			return item;
		}));
		list.hidden = !options.length;
		input.setAttribute("aria-expanded", String(!list.hidden));
		activate(-1);
	};
	const path = pick.dataset.pick; // where it is searched for; "" for what stands here
	// find returns what the words match, nothing when they are no longer asked for.
	const find = async (words) => {
		if (!path) return holder.own().filter((o) => fold(o.label).includes(fold(words)));
		const mine = ++asked;
		const answer = await fetch(`${path}/options?${new URLSearchParams({ q: words })}`, { headers: { "HX-Request": "true" } });
		if (mine !== asked || !answer.ok || answer.headers.has("HX-Redirect")) return;
		const found = document.createElement("template");
		found.innerHTML = await answer.text();
		if (mine !== asked) return;
		return [...found.content.querySelectorAll("option")].filter((o) => o.value).map((o) => ({ value: o.value, label: o.textContent }));
	};
	// search shows them; the list is there when it is done.
	const search = async () => {
		clearTimeout(timer);
		const words = holder.settled() ? "" : input.value.trim(); // who has chosen looks for another
		const found = await find(words);
		if (!found) return;
		options = holder.left?.(found) ?? found;
		if (path && words && !found.some((o) => same(o.label, words))) options.push({ make: true, value: words, label: words });
		show();
	};

	input.addEventListener("input", () => {
		holder.typed();
		clearTimeout(timer);
		timer = setTimeout(search, path ? 150 : 0);
	});
	input.addEventListener("click", () => { if (list.hidden) search(); });
	input.addEventListener("focus", () => input.select());
	list.addEventListener("pointerdown", (e) => e.preventDefault()); // the focus stays
	input.addEventListener("blur", close);
	// A key that chooses does nothing else, whatever the browser makes of it afterwards.
	input.addEventListener("keypress", (e) => { if (choosing) e.preventDefault(); });
	input.addEventListener("keyup", () => { choosing = false; });
	input.addEventListener("keydown", async (e) => {
		if (e.key === "ArrowDown" || e.key === "ArrowUp") {
			e.preventDefault();
			if (list.hidden) await search();
			if (options.length) activate((at + (e.key === "ArrowDown" ? 1 : at < 0 ? options.length : options.length - 1)) % options.length);
		} else if (e.key === "Escape" && !list.hidden) {
			e.preventDefault();
			e.stopPropagation();
			close();
		} else if (e.key === "Backspace" && !input.value && holder.last) {
			holder.last();
		} else if (e.key === "," && holder.last && path && input.value.trim()) {
			e.preventDefault(); // a comma ends a tag, as it does without a script
			choosing = true;
			choose({ make: true, value: input.value.trim(), label: input.value.trim() });
		} else if (e.key === "Enter" && !e.ctrlKey && !e.metaKey && (at >= 0 || !holder.settled())) {
			e.preventDefault();
			choosing = true;
			if (at >= 0) return choose(options[at]);
			await search();
			const hits = options.filter((o) => !o.make);
			const exact = hits.find((o) => same(o.label, input.value.trim()));
			if (exact || hits.length === 1) choose(exact ?? hits[0]); // the only one
			else if (options.length === 1 && holder.last) choose(options[0]); // a tag that is new
			else if (options.length) activate(0);
		}
	});
};
const all = () => { for (const pick of document.querySelectorAll("[data-pick]:not([data-combobox])")) enhance(pick); };
document.addEventListener("DOMContentLoaded", all);
document.addEventListener("htmx:after:swap", all);
