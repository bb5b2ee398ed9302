package views

// EnrolmentPage asks somebody to become an operator.
type EnrolmentPage struct {
	Site
	Token, Email                string
	HasFactor, Strong, Verified bool
}
