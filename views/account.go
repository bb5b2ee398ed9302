package views

import (
	"github.com/paddock-crm/paddock/views/ui"
)

// The fields of signing up and in, and of what proves who somebody is.
var (
	fieldSignIn = ui.Field{Name: "email", Label: "Email", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "username webauthn",
		Autofocus: true}
	fieldPassword = ui.Field{Name: "password", Label: "Password", Kind: ui.KindPassword, Required: true, Max: 200,
		Autocomplete: "current-password"}
	fieldNewest = ui.Field{Name: "password", Label: "New password", Kind: ui.KindPassword, Required: true, Max: 200,
		Autocomplete: "new-password", Help: "At least 12 characters. A few words you can remember are good."}
	fieldCurrent = ui.Field{Name: "current_password", Label: "Current password", Kind: ui.KindPassword, Required: true, Max: 200,
		Autocomplete: "current-password"}
	fieldCode = ui.Field{Name: "code", Label: "Code", Kind: ui.KindText, Required: true, Max: 40, Autocomplete: "one-time-code",
		Autofocus: true}
	fieldSudo = ui.Field{Name: "sudo_password", Label: "Password", Kind: ui.KindPassword, Max: 200, Required: true,
		Autocomplete: "current-password", Autofocus: true}
	fieldSudoCode = ui.Field{Name: "sudo_code", Label: "Code", Kind: ui.KindText, Max: 40, Required: true, Autocomplete: "one-time-code",
		Help: "From your authenticator app, or a recovery code"}
)

// Fields of the forms, in order.
var (
	SignInFields = []ui.Field{fieldSignIn, fieldPassword}
	FactorFields = []ui.Field{fieldCode}
	SudoFields   = []ui.Field{{Name: "sudo_password", Kind: ui.KindPassword, Max: 200},
		{Name: "sudo_code", Kind: ui.KindText, Max: 40}}
	ForgotFields           = []ui.Field{fieldSignIn}
	ResetFields            = []ui.Field{fieldNewest}
	PasswordFields         = []ui.Field{fieldCurrent, fieldNewest}
	EmailFields            = []ui.Field{fieldNewEmail}
	InvitationAcceptFields = []ui.Field{fieldName, fieldNewPass}

	fieldNewEmail = ui.Field{Name: "email", Label: "New address", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "email"}
)

// What somebody new is asked.
var (
	fieldWorkspace = ui.Field{Name: "workspace", Label: "Workspace name", Kind: ui.KindText, Required: true, Max: 80,
		Placeholder: "Scuderia Ferrari", Autofocus: true, Autocomplete: "organization"}
	fieldSlug    = ui.Field{Name: "slug", Label: "Address", Kind: ui.KindText, Required: true, Max: 40, Autocomplete: "off"}
	fieldName    = ui.Field{Name: "name", Label: "Your name", Kind: ui.KindText, Required: true, Max: 80, Autocomplete: "name"}
	fieldEmail   = ui.Field{Name: "email", Label: "Email", Kind: ui.KindEmail, Required: true, Max: 254, Autocomplete: "username"}
	fieldNewPass = ui.Field{Name: "password", Label: "Password", Kind: ui.KindPassword, Required: true, Max: 200, Autocomplete: "new-password",
		Help: "At least 12 characters. A few words you can remember are good."}
)
