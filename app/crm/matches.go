package crm

import (
	"context"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/paddock-crm/paddock/app/db"
	"github.com/paddock-crm/paddock/app/entity"
	"github.com/paddock-crm/paddock/queries/tenantdb"
)

// Probe is what a record says of itself, by which others are found that may be the same.
type Probe struct {
	Name   string
	Emails []string
	Phones []string
	Sites  []string // domains and web addresses; those of email providers say nothing
}

// probe is what a record is looked for by among those of a kind.
type probe struct {
	kind entity.Kind
	Probe
}

// probes are those of the kinds that are recognised.
var probes = map[entity.Kind]func(entity.Values) []probe{
	entity.Customer: func(v entity.Values) []probe {
		reached := Probe{Emails: []string{v.Text("email")}, Phones: []string{v.Text("phone")}}
		self := reached
		self.Name, self.Sites = v.Text("name"), []string{v.Text("domain"), v.Text("website"), v.Text("email")}
		return []probe{{entity.Customer, self}, {entity.Contact, reached}, {entity.Lead, reached}}
	},
	entity.Contact: func(v entity.Values) []probe {
		emails, _ := v["emails"].(entity.Points)
		phones, _ := v["phones"].(entity.Points)
		who := Probe{Name: fullName(v), Emails: emails.Values(), Phones: phones.Values()}
		return []probe{{entity.Contact, who}, {entity.Lead, who}, {entity.Customer, Probe{Emails: who.Emails, Phones: who.Phones}}}
	},
	entity.Lead: func(v entity.Values) []probe {
		who := Probe{Name: fullName(v), Emails: []string{v.Text("email")}, Phones: []string{v.Text("phone")}}
		company := Probe{Name: v.Text("company_name"), Emails: who.Emails, Phones: who.Phones,
			Sites: []string{v.Text("email"), v.Text("website")}}
		lead := who
		lead.Sites = company.Sites
		return []probe{{entity.Contact, who}, {entity.Lead, lead}, {entity.Customer, company}}
	},
}

// fullName is somebody's, "" without a first name: a last name alone is many people's.
func fullName(v entity.Values) string {
	if v.Text("first_name") == "" {
		return ""
	}
	return v.Text("first_name") + " " + v.Text("last_name")
}

// Recognised reports whether new records of the kind are looked for among those there are.
func Recognised(k entity.Kind) bool { return probes[k] != nil }

// Among says where MatchesOf looks.
type Among struct {
	Kinds  []entity.Kind // nil for all that are recognised
	Except uuid.UUID     // the record itself, where it is made already
	Surely bool          // not by a name that is only similar, which costs more than all else
}

// MatchesOf finds the records that one of the kind with these values may be.
func MatchesOf(ctx context.Context, tx *db.TenantTx, k entity.Kind, v entity.Values, among Among) (out []Match, err error) {
	if probes[k] == nil {
		return nil, nil
	}
	asked := probes[k](v)
	found := make([][]Match, len(asked))
	var reads []func() error
	for i, p := range asked {
		if among.Kinds != nil && !slices.Contains(among.Kinds, p.kind) {
			continue
		}
		reads = append(reads, func() (err error) { found[i], err = matches(ctx, tx, p, among); return err })
	}
	err = tx.Batch(reads...)
	return slices.Concat(found...), err
}

// Match is a record that may be the one that somebody is about to make.
type Match struct {
	Kind         entity.Kind
	ID           uuid.UUID
	Name, Detail string
	Why          string // in words
}

// Sure reports whether it is the same by more than its name.
func (m Match) Sure() bool { return m.Why != sameName && m.Why != likeName }

const (
	sameEmail   = "Same email"
	samePhone   = "Same phone"
	emailDomain = "Same email domain"
	sameDomain  = "Same domain"
	sameName    = "Same name"
	likeName    = "Similar name"
)

// matchesShown is how many matches of a kind are worth reading.
const matchesShown = 5

// matches finds the records of the probe's kind that may be its, the surest first.
func matches(ctx context.Context, tx *db.TenantTx, p probe, among Among) ([]Match, error) {
	query := tenantdb.MatchQuery{Begins: core(p.Name), Except: among.Except}
	if len([]rune(query.Begins)) >= 3 && !among.Surely {
		query.Like = query.Begins
	}
	var sites, mailed []string // mailed: of an address
	for _, text := range p.Sites {
		if s := entity.Site(text); s != "" {
			if strings.Contains(text, "@") {
				mailed = append(mailed, s)
			}
			sites = append(sites, s)
			query.Anywhere = append(query.Anywhere, "% "+entity.Words(s)+"%")
		}
	}
	for _, e := range p.Emails {
		if w := entity.Words(e); w != "" {
			query.Anywhere = append(query.Anywhere, "% "+w+"%")
		}
	}
	for _, n := range p.Phones {
		if d := digits(n); len(d) >= 5 {
			query.Anywhere = append(query.Anywhere, "%"+d+"%")
		}
	}
	rows, err := tx.Matches(ctx, p.kind, query)
	if err != nil {
		return nil, err
	}
	var out []Match
	for _, r := range rows {
		m := Match{Kind: p.kind, ID: r.ID, Name: r.Name, Detail: r.Detail}
		switch {
		case anyOf(p.Emails, r.Emails, strings.ToLower):
			m.Why = sameEmail
		case anyOf(p.Phones, r.Phones, digits):
			m.Why = samePhone
		case anyOf(mailed, r.Sites, entity.Site):
			m.Why = emailDomain
		case anyOf(sites, r.Sites, entity.Site):
			m.Why = sameDomain
		case query.Begins != "" && core(r.Name) == query.Begins:
			m.Why = sameName
		case query.Like != "" && r.Likeness >= 0.6: // pg_trgm's own bound
			m.Why = likeName
		default:
			continue
		}
		out = append(out, m)
	}
	order := []string{sameEmail, samePhone, emailDomain, sameDomain, sameName, likeName}
	slices.SortStableFunc(out, func(a, b Match) int { return slices.Index(order, a.Why) - slices.Index(order, b.Why) })
	return out[:min(len(out), matchesShown)], nil
}

// anyOf reports whether one of either is the other's, by what is compared of them.
func anyOf(a, b []string, by func(string) string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return by(x) != "" && slices.ContainsFunc(b, func(y string) bool { return by(x) == by(y) })
	})
}

// digits are those of a phone number, without its extension.
func digits(phone string) string {
	phone, _, _ = strings.Cut(phone, ";")
	return entity.Digits(phone)
}

// forms are what a company's name ends with by law, in the words that entity.Words makes
// of them; single letters are of S.p.A. and the like.
var forms = map[string]bool{
	"ag": true, "gmbh": true, "mbh": true, "kg": true, "kgaa": true, "ug": true, "ohg": true, "se": true, "ev": true, "co": true,
	"company": true, "ltd": true, "limited": true, "inc": true, "incorporated": true,
	"llc": true, "llp": true, "plc": true, "corp": true, "corporation": true, "sa": true, "sas": true, "sarl": true, "eurl": true, "srl": true,
	"spa": true, "snc": true, "sl": true, "slu": true,
	"bv": true, "nv": true, "bvba": true, "oy": true, "oyj": true, "ab": true, "as": true, "asa": true, "aps": true, "kft": true, "zrt": true,
	"doo": true, "sro": true, "spzoo": true, "pty": true, "pte": true, "kk": true,
	"a": true, "b": true, "c": true, "d": true, "e": true, "k": true, "l": true, "n": true, "o": true, "p": true, "r": true, "s": true,
	"v": true, "z": true, "oo": true, "sp": true,
}

// core is a name without its form: "ACME Holding GmbH & Co. KG" and "acme holding" are one.
func core(name string) string {
	words := strings.Fields(entity.Words(name))
	for len(words) > 1 && forms[words[len(words)-1]] {
		words = words[:len(words)-1]
	}
	return strings.Join(words, " ")
}
