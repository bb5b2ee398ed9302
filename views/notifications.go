package views

import (
	"time"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
	"github.com/paddock-crm/paddock/views/ui"
)

// NotificationsPage is what a member was told, the last first.
type NotificationsPage struct {
	Shell
	Rows []NotificationLine
	Next string // the page behind; "" at the end
}

// NotificationLine is one of them.
type NotificationLine struct {
	ID   uuid.UUID
	Text string
	Look *Look // of what it is about; nil for none
	At   time.Time
	Read bool
}

// NotificationLines are the rows in words.
func NotificationLines(rows []tenantdb.NotificationListRow, names []tenantdb.NamedRecord) []NotificationLine {
	out := make([]NotificationLine, len(rows))
	for i, r := range rows {
		n := entity.Notification{Kind: r.Kind, Actor: r.ActorName, Subject: entity.Kind(r.SubjectType), Detail: r.Detail, N: int(r.N)}
		for _, x := range names {
			if r.SubjectID != nil && x.ID == *r.SubjectID {
				n.Name = x.Name
			}
		}
		out[i] = NotificationLine{ID: r.ID, Text: n.Text(), Look: LookOf(n.Subject), At: r.At, Read: r.ReadAt != nil}
	}
	return out
}

// unread reports whether any of the page is.
func (p NotificationsPage) unread() bool {
	for _, r := range p.Rows {
		if !r.Read {
			return true
		}
	}
	return false
}

// NotificationFields are how one is told.
var NotificationFields = []ui.Field{{Name: "mail", Label: "Mail me what I have not read", Kind: ui.KindSelect, Required: true,
	Options: []ui.Option{{Value: "now", Label: "At once"}, {Value: "daily", Label: "Once a day, at 7:00 my time"},
		{Value: "never", Label: "Never"}},
	Help: "The bell has everything, whatever you choose. What you do yourself is never among it."}}

// NotificationSettings is the page of the form.
func NotificationSettings(s Shell, f ui.Form) SettingsPage {
	return SettingsPage{Shell: s, Tab: "notifications", Title: "Notifications", Action: "/settings/notifications",
		About: "You are told when somebody gives you a record, names you in a note, moves a deal that you own or follow, and when a task " +
			"is due.",
		Fields: NotificationFields, Form: f}
}
