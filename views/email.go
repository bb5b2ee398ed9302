package views

// VerifyPage asks to confirm an address.
type VerifyPage struct {
	Token, Email string
	Change       bool // it becomes the account's, in place of Email
}
