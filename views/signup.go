package views

import (
	"slices"
	"strings"

	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/views/ui"
)

// SignUpPage is the sign-up form.
type SignUpPage struct {
	Site
	Form       ui.Form
	Slug       SlugCheck
	HostSuffix string // what follows the slug: ".myapp.com"
	Providers  []ProviderLink
	Known      bool   // who is signed in has no password to show
	Work       string // the challenge of auth.WorkChallenge
	Sent       string // the address that a link to go on went to; "" for none
}

// ConfirmationPage asks to make the workspace of a sign-up that waited.
type ConfirmationPage struct{ Workspace, Host, Email, Token string }

// SlugCheck is what we know of the slug somebody is choosing.
type SlugCheck struct {
	Slug    string
	Problem string // "" when it is free, or nothing was typed
	Host    string
}

// currencies are all that a workspace can be in, each with its sign.
var currencies = func() []ui.Option {
	var out []ui.Option
	for _, code := range entity.Currencies() {
		o := ui.Option{Value: code, Label: code}
		if name := entity.CurrencyName(code); name != "" {
			o.Label += " · " + name
		}
		if sign := entity.CurrencySign(code); sign != code {
			o.Label += " (" + sign + ")"
		}
		out = append(out, o)
	}
	return out
}()

var fieldCurrency = ui.Field{Name: "currency", Label: "Currency", Kind: ui.KindSelect, Options: currencies,
	Help: "Deals can have others. It can be changed until amounts stand in it."}

// placeFields are how days and numbers are written where the workspace is, guessed from the
// browser and folded into a line.
var placeFields = []ui.Field{
	{Name: "country", Label: "Country", Kind: ui.KindSelect, Max: 2},
	{Name: "time_zone", Label: "Time zone", Kind: ui.KindSelect, Max: 64},
	{Name: "date_style", Label: "Dates", Kind: ui.KindSelect, Options: ui.DateStyles},
	{Name: "number_style", Label: "Numbers", Kind: ui.KindSelect, Options: ui.NumberStyles},
}

// place is the line of what was guessed.
func (p SignUpPage) place() string {
	zone := p.Form.Value("time_zone")
	parts := []string{entity.CountryName(p.Form.Value("country")), p.Form.Value("currency")}
	if zone != "" {
		parts = append(parts, strings.ReplaceAll(zone[strings.LastIndex(zone, "/")+1:], "_", " ")+" time")
	}
	return strings.Join(append(parts, ui.Label(ui.DateStyles, p.Form.Value("date_style")),
		ui.Label(ui.NumberStyles, p.Form.Value("number_style"))), " · ")
}

// placeWrong reports whether anything is wrong with what is folded.
func (p SignUpPage) placeWrong() bool {
	return slices.ContainsFunc(append(placeFields, fieldCurrency), func(f ui.Field) bool { return p.Form.Error(f.Name) != "" })
}

// countryOptions are all countries, by their names.
var countryOptions = func() []ui.Option {
	var out []ui.Option
	for _, code := range entity.Countries() {
		out = append(out, ui.Option{Value: code, Label: entity.CountryName(code)})
	}
	slices.SortFunc(out, func(a, b ui.Option) int { return strings.Compare(entity.Fold(a.Label), entity.Fold(b.Label)) })
	return out
}()

// zoneOptions are all time zones, under their continents.
var zoneOptions = func() []ui.Option {
	out := []ui.Option{{Label: "As the browser says"}, {Value: "UTC", Label: "UTC"}}
	for _, z := range entity.Zones {
		continent, city, _ := strings.Cut(z.Name, "/")
		label := strings.ReplaceAll(city, "_", " ")
		if country := entity.CountryName(z.Countries[0]); !strings.Contains(label, country) {
			label += ", " + country
		}
		out = append(out, ui.Option{Value: z.Name, Label: label, Group: continent})
	}
	return out
}()

// PlaceOptions are the choices of countries and time zones; what is chosen already stays one.
func PlaceOptions(values map[string]string) map[string][]ui.Option {
	with := func(options []ui.Option, value string) []ui.Option {
		if slices.ContainsFunc(options, func(o ui.Option) bool { return o.Value == value }) {
			return options
		}
		return append([]ui.Option{{Value: value, Label: value}}, options...)
	}
	return map[string][]ui.Option{"country": with(countryOptions, values["country"]), "time_zone": with(zoneOptions, values["time_zone"])}
}

// SignUpFields are sign-up's, in order.
var SignUpFields = append([]ui.Field{fieldWorkspace, fieldSlug, fieldCurrency, fieldName, fieldEmail, fieldNewPass}, placeFields...)

// WorkspaceSignUpFields are those for somebody who is signed in.
var WorkspaceSignUpFields = append([]ui.Field{fieldWorkspace, fieldSlug, fieldCurrency}, placeFields...)
