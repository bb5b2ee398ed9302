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
				const values = { _method: "PUT", board: "1", [board.name]: e.to.dataset.column };
				if (ordered) {
					values[`was.${board.name}`] = e.from.dataset.column;
					values.before_id = e.item.nextElementSibling?.dataset.id || "";
					if (!values.before_id && e.to.querySelector(".more")) values.after_id = e.item.previousElementSibling?.dataset.id || "";
					const { asks } = e.to.dataset;
					if (asks && e.from !== e.to) {
						values[asks] = await answer();
						if (!values[asks]) return location.reload();
					}
				} else {
					values.version = e.item.dataset.version;
				}
				htmx.ajax("PUT", `${board.path}/${e.item.dataset.id}/${board.board}`, { source: "#results", target: "#results", swap: "outerHTML", values });
			},
		});
	}
};
document.addEventListener("DOMContentLoaded", boards);
document.addEventListener("htmx:after:swap", boards);
