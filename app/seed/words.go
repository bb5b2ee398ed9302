package seed

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/paddock-crm/paddock/app/entity"
)

// What generated records are called. Every name is made up, or so common that it is
// nobody's.
var (
	firstNames = strings.Fields(`Ada Adil Agnes Aiko Alan Alba Amir Ana Anton Aria Astrid Ayşe Bea Ben Björn Bruno Carla Carmen
		Chen Clara Cleo Dana David Diego Dora Edda Eli Elif Elsa Emil Emma Enzo Eva Farid Felix Finn Frida Gabor Gina Grace Hana
		Hassan Helga Hugo Ida Igor Ines Ivan Jana Jonas Joy Judith Juan Kai Karim Kim Klara Lars Lea Leila Lena Leo Lina Louis Lucia
		Luis Maja Marco Maria Mateo Maya Mei Milan Mina Miro Moritz Nadia Nils Noa Nora Olga Omar Oskar Otto Paolo Paula Petra Pia
		Rafael Ravi Rosa Ruben Sami Sara Selma Simon Sofia Sven Tara Theo Tom Uma Vera Viktor Wanda Yara Yusuf Zoe`)
	lastNames = strings.Fields(`Abel Adler Ahmed Albrecht Almeida Amsel Anders Arndt Bach Baier Baker Barros Bauer Becker Bell
		Berger Bianchi Blake Blum Böhm Borg Brandt Braun Brooks Bruni Burke Busch Carter Castro Chen Clark Cole Conti Costa Cruz Dahl
		Dean Diaz Dietrich Dorn Drake Duarte Dubois Ebner Eckert Egger Ellis Engel Ernst Esposito Faber Falk Farkas Ferrer Fink
		Fischer Flores Fontana Forster Fox Frank Frey Fuchs Garcia Geiger Gomez Graf Grant Gruber Haas Hahn Hansen Harris Hartmann
		Hayes Heller Herz Hill Hirsch Hofer Holm Horn Horvat Huber Hughes Ito Jansen Jensen Jones Jung Kaiser Kaya Keller Kern Khan
		Kim Klein Koch Kolb König Korhonen Kowalski Kraus Krüger Kuhn Lang Larsen Laurent Lehmann Leone Lindner Lopez Lorenz Lund
		Maier Mancini Marin Martin Marx Mayer Meier Mendes Meyer Miller Mohr Molnar Moreau Moretti Moser Müller Nagy Neumann Nguyen
		Nilsson Novak Nunes Olsen Ortiz Ott Park Patel Pavlov Pereira Perez Petrov Pohl Popov Price Quinn Rao Reed Reis Reuter Ricci
		Richter Riedl Riley Rivera Roland Romano Ross Rossi Roth Ruiz Russo Sánchez Santos Sato Sauer Schmid Scholz Schuster Seidel
		Silva Singh Sommer Soto Stark Stein Stone Suarez Svensson Tanaka Thaler Torres Turner Ulrich Urban Varga Vega Vogel Vogt
		Wagner Walter Wang Weber Weiss Werner Winter Wirth Wolf Wong Yilmaz Young Zeller Ziegler Zimmer`)
	jobTitles = []string{"Managing director", "Head of purchasing", "Buyer", "Plant manager", "Head of operations", "Controller", "Head of IT",
		"Project manager", "Sales manager", "Office manager", "Engineer", "Head of logistics", "Marketing manager", "Legal counsel", "Accountant",
		"Technical director", "Quality manager", "Product manager", "Founder", "Assistant"}
	streets = []string{"Station Road", "Mill Lane", "Church Street", "Market Square", "Harbour Road", "Park Avenue", "High Street",
		"Bridge Street", "Garden Way", "Ring Road", "Foundry Street", "King Street", "North Quay", "Old Town Road", "School Lane"}
	sentences = []string{"Met at the trade fair; wants to see the machine at work.", "Asked for references from their own line of business.",
		"The budget is decided in autumn.", "Happy with the service, less so with delivery times.", "Two sites; the second one buys for itself.",
		"Prefers a call to a mail.", "A framework contract runs until the end of next year.", "Renewed last time without haggling.",
		"Compares us with two others.", "Legal reviews everything twice.", "Wants the offer in two variants.",
		"Introduced by a customer of many years.", "Moves to a new building in spring.", "The decision is made by the owner herself.",
		"Send the invoice to the group's head office."}
	places = []struct{ city, state, postal, country string }{
		{"Vienna", "", "1010", "AT"}, {"Graz", "Styria", "8010", "AT"}, {"Zürich", "ZH", "8001", "CH"}, {"Berlin", "", "10115", "DE"},
		{"Hamburg", "", "20095", "DE"}, {"Köln", "NRW", "50667", "DE"}, {"Paris", "", "75001", "FR"}, {"Lyon", "", "69001", "FR"},
		{"Milan", "MI", "20121", "IT"}, {"Turin", "TO", "10121", "IT"}, {"Madrid", "", "28001", "ES"}, {"Lisbon", "", "1100-148", "PT"},
		{"London", "", "EC1A 1BB", "GB"}, {"Leeds", "", "LS1 4AP", "GB"}, {"Dublin", "", "D01 F5P2", "IE"},
		{"Amsterdam", "", "1012 JS", "NL"}, {"Antwerp", "", "2000", "BE"}, {"Copenhagen", "", "1050", "DK"}, {"Oslo", "", "0150", "NO"},
		{"Malmö", "", "211 20", "SE"}, {"Helsinki", "", "00100", "FI"}, {"Kraków", "", "31-001", "PL"}, {"Prague", "", "110 00", "CZ"},
		{"Budapest", "", "1051", "HU"}, {"Boston", "MA", "02108", "US"}, {"Chicago", "IL", "60601", "US"}, {"Portland", "OR", "97201", "US"},
		{"Toronto", "ON", "M5H 2N2", "CA"}, {"São Paulo", "SP", "01000-000", "BR"}, {"Tokyo", "", "100-0001", "JP"},
		{"Sydney", "NSW", "2000", "AU"},
	}
)

// number is between from and to, both included.
func number(from, to int) int { return from + rand.IntN(to-from+1) } //nolint:gosec // demo data

func pick[T any](from []T) T { return from[rand.IntN(len(from))] } //nolint:gosec // demo data

// phone is a number that is nobody's: 555 in the place of an exchange.
func phone() string { return fmt.Sprintf("+1%d555%04d", number(201, 989), number(0, 9999)) }

// ascii is what of a name may stand in an address.
func ascii(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, entity.Fold(name))
}
