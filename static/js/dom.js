// What the behaviours share.

export const $ = (selector, root = document) => root.querySelector(selector);

// typing tells whether keys that are pressed in el are text.
export const typing = (el) => el.matches("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
