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

func named(name string) func() templ.Component {
	return func() templ.Component { return icon(name) }
}

// The icons, as templates call them.
var (
	IconHouse          = named("house")
	IconBuilding       = named("building-2")
	IconSearch         = named("search")
	IconPlus           = named("plus")
	IconChevronDown    = named("chevron-down")
	IconChevronsUpDown = named("chevrons-up-down")
	IconChevronLeft    = named("chevron-left")
	IconArrowUp        = named("arrow-up")
	IconArrowDown      = named("arrow-down")
	IconX              = named("x")
	IconCheck          = named("check")
	IconCircleAlert    = named("circle-alert")
	IconInfo           = named("info")
	IconLogOut         = named("log-out")
	IconTrash          = named("trash-2")
	IconPencil         = named("pencil")
	IconUndo           = named("undo-2")
	IconMenu           = named("ellipsis")
	IconGlobe          = named("globe")
	IconMail           = named("mail")
	IconPhone          = named("phone")
	IconArrowRight     = named("arrow-right")
	IconLayers         = named("layers")
	IconShieldCheck    = named("shield-check")
	IconZap            = named("zap")
	IconKeyboard       = named("keyboard")
	IconUser           = named("user")
	IconUsers          = named("users")
	IconTarget         = named("target")
	IconKanban         = named("kanban")
	IconFolderKanban   = named("folder-kanban")
	IconListChecks     = named("list-checks")
	IconCircleCheck    = named("circle-check")
	IconCircle         = named("circle")
	IconStickyNote     = named("sticky-note")
	IconPhoneCall      = named("phone-call")
	IconCalendar       = named("calendar")
	IconBell           = named("bell")
	IconPin            = named("pin")
	IconTag            = named("tag")
	IconSettings       = named("settings")
	IconHistory        = named("history")
	IconGripVertical   = named("grip-vertical")
	IconRotateCcw      = named("rotate-ccw")
	IconEllipsis       = named("ellipsis")
	IconSparkles       = named("sparkles")
	IconTable2         = named("table-2")
	IconColumns3       = named("columns-3")
	IconFlag           = named("flag")
	IconAlarmClock     = named("alarm-clock")
	IconHandshake      = named("handshake")
	IconRepeat         = named("repeat")
	IconFolder         = named("folder")
	IconArrowRightLeft = named("arrow-right-left")
	IconMessageSquare  = named("message-square")
	IconKey            = named("key-round")
)
