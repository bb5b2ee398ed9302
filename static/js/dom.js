// What the behaviours share.

export const $ = (selector, root = document) => root.querySelector(selector);

// shortcut tells whether a key is pressed as the person has shortcuts: alone, with Alt, or
// never (Profile).
export const shortcut = (e) => {
	const { classList } = document.body;
	return !classList.contains("keys-off") && !e.ctrlKey && !e.metaKey && e.altKey === classList.contains("keys-alt") && !typing(e.target);
};

// letter is the key that a shortcut is, whatever Alt makes of it.
export const letter = (e) => {
	if (!e.altKey) return e.key;
	if (/^[a-z]$/i.test(e.key)) return e.key.toLowerCase();
	return /^Key[A-Z]$/.test(e.code) ? e.code[3].toLowerCase() : e.key; // a Mac's Alt+a is å
};

// pressed is the shortcut that a key stands for: its own letter, or the one that the person
// has put in its place (Profile); "" for one that another was put in the place of.
export const pressed = (e) => {
	const key = letter(e);
	const pairs = ($("#keys")?.dataset.map ?? "").split(" ").filter(Boolean).map((pair) => [pair[0], pair.slice(2)]);
	return (pairs.find(([, to]) => to === key) ?? (pairs.some(([own]) => own === key) ? [""] : [key]))[0];
};

// typing tells whether keys that are pressed in el are text.
export const typing = (el) => el.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");

// fold makes words comparable as people type them: case, marks and letters of other
// alphabets’ kin do not count (ext.fold does the same in the database).
const kin = { ß: "ss", ł: "l", ø: "o", đ: "d", ı: "i", æ: "ae", œ: "oe", þ: "th" };
export const fold = (s) => s.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "").replace(/[ßłøđıæœþ]/g, (c) => kin[c]);
