// Package mail is what Paddock writes to people: each letter is one struct, of
// which the HTML and the plain text are made.
package mail

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Letter is a mail before it has a form. Why says who has it sent, and why it
// reaches this person: it stands at the end of each.
type Letter struct {
	Subject    string
	Paragraphs []string
	Items      []Item // a list below them
	Action     string // the button's label; "" for no button
	URL        string // where the button leads
	After      string // what follows it
	Why        string
	Until      time.Time // when the link stops working; zero for never
	// Unsubscribe is where a POST ends mails of this kind (RFC 8058), and a GET asks; "" for
	// mails that are no such kind.
	Unsubscribe string
}

// Item is a line of a list that leads somewhere.
type Item struct{ Text, URL string }

// Text is the letter without HTML.
func (l Letter) Text() string {
	var b strings.Builder
	for _, p := range l.Paragraphs {
		b.WriteString(p + "\n\n")
	}
	for _, i := range l.Items {
		b.WriteString("* " + i.Text + "\n  " + i.URL + "\n")
	}
	if len(l.Items) > 0 {
		b.WriteString("\n")
	}
	if l.Action != "" {
		b.WriteString(l.Action + ":\n" + l.URL + "\n\n")
	}
	if l.After != "" {
		b.WriteString(l.After + "\n\n")
	}
	b.WriteString("-- \n" + l.Why + "\n")
	if l.Unsubscribe != "" {
		b.WriteString("Unsubscribe: " + l.Unsubscribe + "\n")
	}
	return b.String()
}

// Welcome goes to whoever has just made a workspace.
func Welcome(workspace, workspaceURL, verifyURL string) Letter {
	l := Letter{
		Subject:    "Your workspace is ready on Paddock",
		Paragraphs: []string{"Your workspace " + plain(workspace, "") + " is ready: " + workspaceURL},
		Why: "Paddock sent you this because somebody signed up with your address. If that was not you, ignore it: without your " +
			"confirmation the address is nobody’s.",
	}
	if verifyURL != "" {
		l.Paragraphs = append(l.Paragraphs,
			"One thing is left: confirm that this address is yours. You need that to get a forgotten password back and to accept invitations.")
		l.Action, l.URL, l.After = "Confirm your address", verifyURL, "The link works for a day. You can ask for another in your settings."
	}
	return l
}

// Created goes to the owner of a workspace that the operator has made; choose
// says that there is no password yet.
func Created(workspace, workspaceURL, forgotURL string, choose bool) Letter {
	l := Letter{
		Subject:    workspace + " is ready on Paddock",
		Paragraphs: []string{"Your workspace " + workspace + " is ready: " + workspaceURL},
		Action:     "Open " + workspace, URL: workspaceURL,
		Why: "Paddock sent you this because its operator has made this workspace for you.",
	}
	if choose {
		l.Paragraphs = append(l.Paragraphs, "You have no password yet. Have a link sent to this address, and choose one.")
		l.Action, l.URL = "Choose a password", forgotURL
	}
	return l
}

// NewDevice tells somebody that their account was signed in to in a way that it was
// not before.
func NewDevice(device, place string, at time.Time, securityURL string) Letter {
	return Letter{
		Subject: "New sign-in to your account",
		Paragraphs: []string{"With " + device + ", at " + place + ", on " + at.UTC().Format("2 January 2006 at 15:04 UTC") + ".",
			"If that was you, there is nothing to do. If not, change your password at once: it ends all other sessions."},
		Action: "See where you are signed in", URL: securityURL,
		Why: "Paddock sent you this because a browser that it did not know signed in with your address.",
	}
}

// Enrolment asks somebody without a second factor to become an operator.
func Enrolment(url string) Letter {
	return Letter{
		Subject: "You are invited to operate Paddock",
		Paragraphs: []string{"Whoever runs this Paddock wants to let you into its operators’ console. Operators show a second factor: sign " +
			"in, set one up, and accept."},
		Action: "Become an operator", URL: url, After: "The link works once, for a day, signed in with this address.",
		Why: "Paddock sent you this because somebody at its server named your address. If you expected nothing of the kind, ignore it and " +
			"nothing happens.",
	}
}

// ConfirmSignUp makes a workspace once its address is proven.
func ConfirmSignUp(url string) Letter {
	return Letter{
		Subject:    "Confirm your address, and your workspace is ready",
		Paragraphs: []string{"Somebody, probably you, signed up for Paddock with this address."},
		Action:     "Create the workspace", URL: url, After: "The link works once, for a day.",
		Why: "Paddock sent you this because your address was entered at sign-up. If that was not you, ignore it and nothing happens.",
	}
}

// Unproven warns the owner of a workspace that nobody uses and whose address was
// never confirmed.
func Unproven(url string, until time.Time) Letter {
	return Letter{
		Subject: "Confirm your address to keep your workspace",
		Paragraphs: []string{"You made a workspace on Paddock, did not confirm your address, and nobody has used it for a week. On " +
			until.UTC().Format("2 January 2006") + " it will be deleted."},
		Action: "Keep the workspace", URL: url, After: "Sign in there and confirm your address; then it stays.",
		Why: "Paddock sent you this because somebody signed up with your address. If that was not you, ignore it.",
	}
}

// Verify asks for the proof of an address.
func Verify(url string) Letter {
	return Letter{
		Subject:    "Confirm your address",
		Paragraphs: []string{"Press the button, while you are signed in to Paddock, to confirm that this address is yours."},
		Action:     "Confirm your address", URL: url, After: "The link works once, for a day.",
		Why: "Paddock sent you this because somebody who is signed in with this address asked for it.",
	}
}

// ChangeEmail goes to an address that is to replace another.
func ChangeEmail(name, url string) Letter {
	return Letter{
		Subject: "Confirm your new address",
		Paragraphs: []string{plain(name,
			"Somebody") + " wants to sign in to Paddock with this address from now on. If that is you, confirm it while you are signed in."},
		Action: "Use this address", URL: url, After: "The link works once, for 30 minutes.",
		Why: "Paddock sent you this because somebody entered your address as their new one. If that was not you, ignore it and nothing happens.",
	}
}

// EmailChanged goes to the address that was replaced.
func EmailChanged(now string) Letter {
	return Letter{
		Subject: "Your sign-in address was changed",
		Paragraphs: []string{"You now sign in to Paddock with " + now + ", and no longer with this address.",
			"If that was not you, tell the owner of your workspace at once."},
		Why: "Paddock sent you this because the address of your account was changed.",
	}
}

// Reset lets somebody choose a new password.
func Reset(url string) Letter {
	return Letter{
		Subject:    "Choose a new password",
		Paragraphs: []string{"Somebody, probably you, asked for a new password for your Paddock account."},
		Action:     "Choose a new password", URL: url,
		After: "The link works once, for 30 minutes. Until you use it, your password stays as it is.",
		Why:   "Paddock sent you this because your address was entered at “Forgot your password?”. If that was not you, ignore it.",
	}
}

// NoAccount answers who asked for a new password and has no account.
func NoAccount(siteURL string) Letter {
	return Letter{
		Subject: "There is no account with this address",
		Paragraphs: []string{"Somebody, probably you, asked for a new password at Paddock. There is no account with this address. Perhaps " +
			"you signed up with another one?"},
		Action: "Sign up", URL: siteURL + "/signup",
		Why: "Paddock sent you this because your address was entered at “Forgot your password?”. If that was not you, ignore it.",
	}
}

// ExportReady tells an owner that the archive can be fetched.
func ExportReady(workspace, url string) Letter {
	return Letter{
		Subject:    "Your copy of " + workspace + " is ready",
		Paragraphs: []string{"The archive of " + workspace + " that you asked for is ready. It holds every record, note and change."},
		Action:     "Download it", URL: url, After: "It can be downloaded for 7 days, by an owner who is signed in.",
		Why: "Paddock sent you this because you asked for an archive of " + workspace + ".",
	}
}

// Closed tells an owner that the workspace was closed.
func Closed(workspace, by string) Letter {
	return Letter{
		Subject: workspace + " was closed",
		Paragraphs: []string{by + " has closed " + workspace +
			". Nobody can reach it any more. For 30 days the operator of this Paddock can bring it back; then it is deleted for good."},
		Why: "Paddock sent you this because you own " + workspace + ".",
	}
}

// Support goes to the owners of a workspace when an operator looks in without
// having been asked to.
func Support(workspace, by, reason, auditURL string) Letter {
	return Letter{
		Subject: "Support looks into " + workspace,
		Paragraphs: []string{by + ", an operator of this Paddock, can look into " + workspace +
			" for an hour, without changing anything. The reason: " + reason},
		Action: "See the audit log", URL: auditURL,
		After: "Every page says so while it lasts, and an owner can end it there.",
		Why:   "Paddock sent you this because you own " + workspace + " and have not let support in beforehand.",
	}
}

// DomainFailing goes to the owners when a domain's proof is gone.
func DomainFailing(workspace, host, settingsURL string, until time.Time) Letter {
	return Letter{
		Subject: host + ": the proof that it is yours is gone",
		Paragraphs: []string{"The TXT record is gone that proves " + host + " to be " + workspace + "’s. Put it back until " + until.UTC().
			Format("2 January, 15:04 MST") + ": after that " + workspace + " does not answer under " + host +
			" any more. Its own address goes on in any case."},
		Action: "See the record", URL: settingsURL,
		Why: "Paddock sent you this because you own " + workspace + ", to which the domain is bound.",
	}
}

// DomainUnbound goes to the owners when a domain was given up for that.
func DomainUnbound(workspace, host, settingsURL string) Letter {
	return Letter{
		Subject: workspace + " is not at " + host + " any more",
		Paragraphs: []string{"The TXT record of " + host + " has been gone for three days, so the domain may be somebody else’s by now. " +
			workspace + " is where it always is under its own address; nothing is lost."},
		Action: "Prove the domain again", URL: settingsURL,
		Why: "Paddock sent you this because you own " + workspace + ", to which the domain was bound.",
	}
}

// SecurityChanged tells somebody that how they sign in has changed.
func SecurityChanged(what string) Letter {
	return Letter{
		Subject: what,
		Paragraphs: []string{what + ".",
			"If that was not you, choose a new password at once and look at your sessions in the security settings."},
		Why: "Paddock sends you this whenever the way into your account changes.",
	}
}

// Sender is a person who has a mail sent to somebody who may not know them, and
// their workspace. Names in it are their own words: in a subject they stand where
// the person has proven an address, and a URL in them is left out.
type Sender struct {
	Name, Workspace string
	Proven          bool
}

// addressed finds what mail programs make a link of.
var addressed = regexp.MustCompile(`(?i)://|www\.|@|[\pL\pN-]\.\pL{2,}`)

// plain is the name, or what stands in its place where it holds a URL.
func plain(name, instead string) string {
	if name == "" || addressed.MatchString(name) {
		return instead
	}
	return name
}

func (s Sender) name() string      { return plain(s.Name, "An admin") }
func (s Sender) workspace() string { return plain(s.Workspace, "a workspace") }

// subject fills the two names in.
func (s Sender) subject(format string) string {
	if !s.Proven {
		return fmt.Sprintf(format, "Somebody", "a workspace")
	}
	return fmt.Sprintf(format, s.name(), s.workspace())
}

// named is the workspace as it may stand in a subject.
func (s Sender) named() string {
	if !s.Proven {
		return "a workspace"
	}
	return s.workspace()
}

// Invitation asks somebody into a workspace.
func Invitation(s Sender, role, url string) Letter {
	article := "a "
	if role == "admin" {
		article = "an "
	}
	return Letter{
		Subject:    s.subject("%s invites you to %s"),
		Paragraphs: []string{s.name() + " invites you to work in " + s.workspace() + " on Paddock, as " + article + role + "."},
		Action:     "See the invitation", URL: url, After: "It is for your address alone and works once, for 7 days.",
		Why: "Paddock sent you this on behalf of " + s.name() + ", who entered your address in " + s.workspace() +
			". If you do not know them, ignore it.",
	}
}

// Removed tells somebody that they are no longer a member.
func Removed(s Sender) Letter {
	return Letter{
		Subject: "You are no longer a member of " + s.named(),
		Paragraphs: []string{s.name() + " has removed you from " + s.workspace() +
			" on Paddock: you are no longer a member. Your account and your other workspaces are as they were."},
		Why: "Paddock sent you this because you were a member of " + s.workspace() + ".",
	}
}

// OwnershipOffered asks somebody to take a workspace over.
func OwnershipOffered(s Sender, url string) Letter {
	by, workspace := s.name(), s.workspace()
	return Letter{
		Subject: s.subject("%s wants to hand %s over to you"),
		Paragraphs: []string{by + " offers you the ownership of " + workspace +
			". With it you decide about its members, its billing and its end; " + by + " becomes an admin.", "Nothing happens unless you accept."},
		Action: "See the offer", URL: url, After: "The offer stands for 7 days.",
		Why: "Paddock sent you this on behalf of " + by + ", the owner of " + workspace + ".",
	}
}

// OwnershipTaken tells the former owner.
func OwnershipTaken(workspace, by string) Letter {
	return Letter{
		Subject:    by + " now owns " + workspace,
		Paragraphs: []string{by + " has accepted the ownership of " + workspace + ". You are an admin there now."},
		Why:        "Paddock sent you this because you owned " + workspace + ".",
	}
}

// Notifications tells a member what they have not read, of one thing or a day.
func Notifications(workspace string, items []Item, daily bool, all, settings, unsubscribe string) Letter {
	l := Letter{
		Subject: items[0].Text, Items: items, Action: "See them all", URL: all, Unsubscribe: unsubscribe,
		After: "How often you are mailed is in your profile: " + settings,
		Why:   "Paddock sent you this because you are a member of " + plain(workspace, "a workspace") + " and have it tell you by mail.",
	}
	if len(items) > 1 {
		l.Subject = fmt.Sprintf("%d things to know in %s", len(items), plain(workspace, "your workspace"))
	}
	if daily {
		l.Paragraphs = []string{"What happened since yesterday and what you have not read yet:"}
	}
	return l
}
