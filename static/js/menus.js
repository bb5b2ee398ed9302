// A menu closes on a click outside it and when another opens.
document.addEventListener("click", (e) => {
	for (const menu of document.querySelectorAll("details.menu[open]"))
		if (!menu.contains(e.target)) menu.open = false;
});

// A menu closes when the focus leaves it. A press on a word in it moves the focus to
// what contains the menu: that is no leaving, and the release is still to come.
let pressing = false;
document.addEventListener("pointerdown", () => { pressing = true; }, true);
for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, () => { pressing = false; }, true);
document.addEventListener("focusout", (e) => {
	const menu = e.target.closest("details.menu[open]");
	if (menu && e.relatedTarget && !pressing && !menu.contains(e.relatedTarget) && !e.relatedTarget.contains(menu)) menu.open = false;
});
