package seed

import "time"

// company is a demo customer. None of them exists; their domains are made up.
type company struct {
	name, domain, kind, industry, city, country, phone, about string
	employees                                                 int32
	revenue                                                   int64 // whole units
	owner                                                     int   // an offset into the members; -1 for nobody
	changed                                                   time.Duration
	tags                                                      []string
}

const day = 24 * time.Hour

var demoCompanies = map[string][]company{
	"ferrari": {
		{"Arcadia Foundry", "arcadia-foundry.example", "customer", "Machinery", "Graz", "AT", "+43 316 555 0140",
			"Casts housings for our test rigs. Renewal talks every spring.", 240, 1_240_000, 0, 2 * time.Hour, []string{"Key account"}},
		{"Bellweather & Sons", "bellweather.example", "prospect", "Retail", "Leeds", "GB", "+44 113 496 0021",
			"Family business, third generation. Wants a pilot in two stores first.", 85, 310_000, 0, 1 * day, []string{"Trade fair"}},
		{"Cobalt Harbour", "cobaltharbour.example", "customer", "Logistics", "Antwerp", "BE", "+32 3 555 01 70",
			"Container terminal; asks for port visibility.", 1200, 2_870_500, 0, 30 * time.Hour, []string{"Key account", "Reference"}},
		{"Dunmore Analytics", "dunmore.example", "partner", "Software", "Dublin", "IE", "+353 1 555 0112",
			"Builds dashboards for shared clients.", 34, 0, 0, 3 * day, []string{"Reseller"}},
		{"Eisvogel Optik", "eisvogel-optik.example", "customer", "Optics", "Jena", "DE", "+49 3641 555 018",
			"Lens inspection line. Precise people: send drawings, not slides.", 60, 96_400, 0, 4 * day, nil},
		{"Fjordlys Energi", "fjordlys.example", "prospect", "Energy", "Bergen", "NO", "+47 55 50 01 33",
			"Substation data project; tender closes in the new year.", 410, 640_000, 0, 8 * day, []string{"Trade fair"}},
		{"Granja Solana", "granjasolana.example", "lapsed", "Food", "Murcia", "ES", "+34 968 555 011",
			"Stopped after the 2024 season. Worth a call before harvest.", 150, 54_000, -1, 22 * day, nil},
		{"Hollis Medical", "hollismedical.example", "customer", "Health", "Boston", "US", "+1 617 555 0134",
			"Ward scheduling. Legal reviews everything twice.", 2300, 1_905_000, 0, 24 * day, []string{"Key account"}},
		{"Iroha Ceramics", "iroha.example", "prospect", "Materials", "Nagoya", "JP", "+81 52 555 0170",
			"Kiln telemetry. Met at the materials fair in Hanover.", 95, 840_000, 0, 33 * day, []string{"Trade fair"}},
		{"Juniper & Rook", "juniperrook.example", "customer", "Legal", "Vienna", "AT", "+43 1 555 0199",
			"Annual licence, always renewed in December.", 42, 420_000, 0, 36 * day, []string{"Renewal due"}},
		{"Kestrel Robotics", "kestrel.example", "at_risk", "Robotics", "Turin", "IT", "+39 011 555 0142",
			"Two open complaints about delivery. Visit planned.", 310, 780_000, 0, 61 * day, []string{"Renewal due"}},
		{"Lumen Press", "lumenpress.example", "customer", "Publishing", "Lyon", "FR", "+33 4 55 50 01 27", "Editorial calendar, 18 seats.", 18,
			133_000, 0, 64 * day, nil},
		{"Marlow Textiles", "marlowtextiles.example", "prospect", "Textiles", "Porto", "PT", "+351 22 555 0110",
			"Asked for a quote for the dye house.", 520, 0, -1, 70 * day, nil},
		{"Nordhavn Shipping", "nordhavn.example", "partner", "Logistics", "Copenhagen", "DK", "+45 55 50 01 18",
			"Carries our rigs; refers shipyards to us.", 780, 3_400_000, 0, 75 * day, []string{"Reseller", "Reference"}},
		{"Oakridge Schools", "oakridge.example", "prospect", "Education", "Utrecht", "NL", "+31 30 555 0160",
			"Five schools, one budget, decided in June.", 640, 210_000, 0, 80 * day, nil},
		{"Pelican Foods", "pelicanfoods.example", "customer", "Food", "Gdańsk", "PL", "+48 58 555 01 22", "Cold chain sensors on 40 trucks.", 900,
			1_120_000, 0, 82 * day, []string{"Reference"}},
	},
	"mclaren": {
		{"Quayside Marine", "quaysidemarine.example", "customer", "Machinery", "Southampton", "GB", "+44 23 8055 0147",
			"Composite hulls. Wants weekly calls during build season.", 130, 890_000, 0, 5 * time.Hour, []string{"Key account"}},
		{"Redfern Cycles", "redferncycles.example", "prospect", "Retail", "Manchester", "GB", "+44 161 496 0088", "Carbon frames, small series.",
			45, 150_000, 0, 1 * day, nil},
		{"Silverdale Clinics", "silverdale.example", "customer", "Health", "Bristol", "GB", "+44 117 496 0115",
			"Eleven sites. Procurement is slow but fair.", 1400, 2_300_000, 0, 3 * day, []string{"Key account"}},
		{"Tamar Instruments", "tamar.example", "partner", "Optics", "Plymouth", "GB", "+44 1752 555 012",
			"Calibrates sensors for shared projects.", 70, 0, 0, 6 * day, []string{"Reseller"}},
		{"Underhill Brewing", "underhill.example", "lapsed", "Food", "Cardiff", "GB", "+44 29 2055 0131", "Moved to a cheaper tool in spring.",
			28, 61_000, -1, 15 * day, nil},
		{"Vantage Rail", "vantagerail.example", "prospect", "Logistics", "York", "GB", "+44 1904 555 016", "Depot maintenance planning.", 2100,
			4_750_000, 0, 21 * day, []string{"Trade fair"}},
		{"Wexford Aero", "wexfordaero.example", "customer", "Aerospace", "Shannon", "IE", "+353 61 555 010",
			"Wind tunnel slots booked through us.", 330, 1_640_000, 0, 40 * day, []string{"Reference"}},
		{"Yarrow & Finch", "yarrowfinch.example", "at_risk", "Legal", "London", "GB", "+44 20 7946 0199", "New partner wants to compare offers.",
			64, 380_000, 0, 55 * day, []string{"Renewal due"}},
	},
}
