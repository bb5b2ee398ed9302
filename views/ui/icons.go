package ui

import (
	"context"
	"io"

	"github.com/a-h/templ"

	"github.com/paddock-crm/paddock/static"
)

// icon is one of Lucide's (lucide-static 1.62.0, ISC licence, see LICENSE-lucide), by its
// name there. They stand in one file, static/files/icons.svg, which browsers keep: a page
// shows thirty, and would repeat them with each answer. They are decoration: whatever holds
// one has its own text or label.
type icon string

var iconBegins = `<svg class="icon" width="16" height="16" aria-hidden="true"><use href="` + static.Path("icons.svg") + `#`

// Render is templ.Component's.
func (i icon) Render(_ context.Context, w io.Writer) error {
	for _, s := range [...]string{iconBegins, string(i), `"/></svg>`} {
		if _, err := io.WriteString(w, s); err != nil {
			return err
		}
	}
	return nil
}

// The icons, as templates call them.
func IconHouse() templ.Component { return icon("house") }
func IconBuilding() templ.Component { return icon("building-2") }
func IconSearch() templ.Component { return icon("search") }
func IconPlus() templ.Component { return icon("plus") }
func IconChevronDown() templ.Component { return icon("chevron-down") }
func IconChevronsUpDown() templ.Component { return icon("chevrons-up-down") }
func IconChevronLeft() templ.Component { return icon("chevron-left") }
func IconArrowUp() templ.Component { return icon("arrow-up") }
func IconArrowDown() templ.Component { return icon("arrow-down") }
func IconX() templ.Component { return icon("x") }
func IconCheck() templ.Component { return icon("check") }
func IconCircleAlert() templ.Component { return icon("circle-alert") }
func IconInfo() templ.Component { return icon("info") }
func IconLogOut() templ.Component { return icon("log-out") }
func IconTrash() templ.Component { return icon("trash-2") }
func IconPencil() templ.Component { return icon("pencil") }
func IconUndo() templ.Component { return icon("undo-2") }
func IconMenu() templ.Component { return icon("ellipsis") }
func IconGlobe() templ.Component { return icon("globe") }
func IconMail() templ.Component { return icon("mail") }
func IconPhone() templ.Component { return icon("phone") }
func IconArrowRight() templ.Component { return icon("arrow-right") }
func IconLayers() templ.Component { return icon("layers") }
func IconShieldCheck() templ.Component { return icon("shield-check") }
func IconZap() templ.Component { return icon("zap") }
func IconKeyboard() templ.Component { return icon("keyboard") }
func IconUser() templ.Component { return icon("user") }
func IconUsers() templ.Component { return icon("users") }
func IconTarget() templ.Component { return icon("target") }
func IconKanban() templ.Component { return icon("kanban") }
func IconFolderKanban() templ.Component { return icon("folder-kanban") }
func IconListChecks() templ.Component { return icon("list-checks") }
func IconCircleCheck() templ.Component { return icon("circle-check") }
func IconCircle() templ.Component { return icon("circle") }
func IconStickyNote() templ.Component { return icon("sticky-note") }
func IconPhoneCall() templ.Component { return icon("phone-call") }
func IconCalendar() templ.Component { return icon("calendar") }
func IconBell() templ.Component { return icon("bell") }
func IconPin() templ.Component { return icon("pin") }
func IconTag() templ.Component { return icon("tag") }
func IconSettings() templ.Component { return icon("settings") }
func IconHistory() templ.Component { return icon("history") }
func IconGripVertical() templ.Component { return icon("grip-vertical") }
func IconRotateCcw() templ.Component { return icon("rotate-ccw") }
func IconEllipsis() templ.Component { return icon("ellipsis") }
func IconSparkles() templ.Component { return icon("sparkles") }
func IconTable2() templ.Component { return icon("table-2") }
func IconColumns3() templ.Component { return icon("columns-3") }
func IconFlag() templ.Component { return icon("flag") }
func IconAlarmClock() templ.Component { return icon("alarm-clock") }
func IconHandshake() templ.Component { return icon("handshake") }
func IconRepeat() templ.Component { return icon("repeat") }
func IconFolder() templ.Component { return icon("folder") }
func IconArrowRightLeft() templ.Component { return icon("arrow-right-left") }
func IconMessageSquare() templ.Component { return icon("message-square") }
func IconKey() templ.Component { return icon("key-round") }
