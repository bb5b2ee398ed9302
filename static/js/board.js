import { $ } from "./dom.js";

// Boards: a card dragged to another place is a PUT; the answer is the board.
// Some columns ask for a field first.
const answer = () => new Promise((done) => {
	const dialog = $("#ask");
	const input = $("input", dialog);
	input.value = "";
	dialog.returnValue = "";
	dialog.showModal();
	dialog.addEventListener("close", () => done(dialog.returnValue === "move" ? input.value.trim() : ""), { once: true });
});
// move puts a card into a column, where values say its place.
const move = async (card, column, values) => {
	const board = card.closest(".board").dataset;
	values = { ...values, _method: "PUT", board: "1", [board.name]: column.dataset.column };
	if ("ordered" in board) {
		const { asks } = column.dataset;
		if (asks && values[`was.${board.name}`] !== column.dataset.column) {
			values[asks] = await answer();
			if (!values[asks]) return false;
		}
	} else {
		values.version = card.dataset.version;
	}
	htmx.ajax("PUT", `${board.path}/${card.dataset.id}/${board.board}`, { source: "#results", target: "#results", swap: "outerHTML", values });
	return true;
};
const boards = () => {
	if (!window.Sortable) return;
	for (const list of document.querySelectorAll(".board[data-movable] .cards")) {
		if (Sortable.get(list)) continue;
		const board = list.closest(".board").dataset;
		const ordered = "ordered" in board; // cards have places in their column
		Sortable.create(list, {
			group: { name: "board", put: !("fixed" in list.dataset) }, draggable: ".card-item:not([data-locked])", forceFallback: true, fallbackTolerance: 4,
			onChoose: (e) => e.item.removeAttribute("style"), // our CSP would not let it clone one, nor its animation, which leaves some
			delay: 150, delayOnTouchOnly: true, filter: ".move, .move *", preventOnFilter: false, sort: ordered,
			onEnd: async (e) => {
				if (e.from === e.to && e.oldIndex === e.newIndex) return;
				const values = {};
				if (ordered) {
					values[`was.${board.name}`] = e.from.dataset.column;
					values.before_id = e.item.nextElementSibling?.dataset.id || "";
					if (!values.before_id && e.to.querySelector(".more")) values.after_id = e.item.previousElementSibling?.dataset.id || "";
				}
				if (!await move(e.item, e.to, values)) location.reload();
			},
		});
	}
};
// A card's button opens a menu of the columns, in place.
document.addEventListener("click", (e) => {
	const link = e.target.closest("[data-move]");
	const menu = $("#move-menu");
	if (!link || !menu || e.ctrlKey || e.metaKey) return;
	e.preventDefault();
	const card = link.closest(".card-item");
	const from = card.closest(".cards");
	$(".choices", menu).replaceChildren(...[...document.querySelectorAll(".cards[data-column]")].filter((c) => c !== from).map((column) => {
		const choice = document.createElement("button");
		choice.type = "button";
		choice.className = "option";
		choice.textContent = column.closest(".column").getAttribute("aria-label");
		choice.addEventListener("click", () => {
			menu.close();
			move(card, column, { [`was.${card.closest(".board").dataset.name}`]: from.dataset.column, top: "true" });
		});
		return choice;
	}));
	menu.showModal();
	const at = link.getBoundingClientRect();
	const box = menu.getBoundingClientRect();
	menu.animate([{ left: `${Math.max(8, Math.min(at.right - box.width, innerWidth - box.width - 8))}px`, top: `${Math.max(8, Math.min(at.bottom + 4, innerHeight - box.height - 8))}px` }], { fill: "forwards", duration: 0 }); // a place without a style attribute, which the policy forbids
});
document.addEventListener("keydown", (e) => {
	const menu = e.target.closest("#move-menu");
	if (!menu || (e.key !== "ArrowDown" && e.key !== "ArrowUp")) return;
	e.preventDefault();
	const all = [...menu.querySelectorAll("button")];
	const at = all.indexOf(document.activeElement) + (e.key === "ArrowDown" ? 1 : -1);
	all[(at + all.length) % all.length]?.focus();
});
document.addEventListener("click", (e) => { if (e.target.id === "move-menu") e.target.close(); }); // its backdrop
document.addEventListener("DOMContentLoaded", boards);
document.addEventListener("htmx:after:swap", boards);
