package shop

// line is a group of products that replace each other, such as lanterns.
type line struct {
	name   string
	cents  int64    // price of an ordinary product of the line
	toward []string // lines whose products go with it
}

// category is a department of the shop.
type category struct {
	name   string
	brands [3]string
	lines  [linesPerCategory]line
}

const (
	linesPerCategory = 4
	variants         = 8 // products of a line
	perCategory      = linesPerCategory * variants
)

// departments returns what the shop sells. All names are invented.
func departments() []category {
	return []category{
		{"camping", [...]string{"Mosswick", "Fernhollow", "Tarnfell"}, [...]line{
			{"Ridge Tent", 18900, []string{"Sleeping Bag", "Lantern"}},
			{"Sleeping Bag", 8900, []string{"Ridge Tent", "Day Pack"}},
			{"Camp Stove", 5900, []string{"Lantern", "Skillet"}},
			{"Lantern", 2900, []string{"Camp Stove", "Ridge Tent"}},
		}},
		{"hiking", [...]string{"Tarnfell", "Cairnby", "Windlesham"}, [...]line{
			{"Trail Boot", 12900, []string{"Trekking Pole", "Day Pack"}},
			{"Day Pack", 7900, []string{"Water Bottle", "Trail Boot"}},
			{"Trekking Pole", 4900, []string{"Trail Boot", "Water Bottle"}},
			{"Water Bottle", 1900, []string{"Day Pack", "Pannier"}},
		}},
		{"cycling", [...]string{"Spokeford", "Veldrun", "Cairnby"}, [...]line{
			{"City Bike", 64900, []string{"Bike Helmet", "Pannier"}},
			{"Bike Helmet", 6900, []string{"City Bike", "Repair Kit"}},
			{"Pannier", 5400, []string{"City Bike", "Water Bottle"}},
			{"Repair Kit", 1600, []string{"City Bike", "Bike Helmet"}},
		}},
		{"kitchen", [...]string{"Saltmarten", "Copperhythe", "Oatwell"}, [...]line{
			{"Saucepan", 5900, []string{"Skillet", "Cutting Board"}},
			{"Chef's Knife", 7400, []string{"Cutting Board", "Saucepan"}},
			{"Cutting Board", 3200, []string{"Chef's Knife", "Skillet"}},
			{"Skillet", 4800, []string{"Saucepan", "Chef's Knife"}},
		}},
		{"coffee", [...]string{"Oatwell", "Ravenroast", "Copperhythe"}, [...]line{
			{"Coffee Grinder", 9900, []string{"Coffee Beans", "Coffee Dripper"}},
			{"Coffee Dripper", 2700, []string{"Coffee Beans", "Milk Jug"}},
			{"Coffee Beans", 1400, []string{"Coffee Grinder", "Coffee Dripper"}},
			{"Milk Jug", 1800, []string{"Coffee Dripper", "Coffee Beans"}},
		}},
		{"garden", [...]string{"Hedgeley", "Fernhollow", "Loamstead"}, [...]line{
			{"Hand Trowel", 1500, []string{"Planter", "Seed Box"}},
			{"Planter", 2600, []string{"Seed Box", "Watering Can"}},
			{"Seed Box", 900, []string{"Planter", "Hand Trowel"}},
			{"Watering Can", 2200, []string{"Planter", "Seed Box"}},
		}},
		{"writing", [...]string{"Quillhaven", "Inksworth", "Paperlow"}, [...]line{
			{"Fountain Pen", 5200, []string{"Ink Bottle", "Notebook"}},
			{"Notebook", 1700, []string{"Fountain Pen", "Desk Lamp"}},
			{"Desk Lamp", 6400, []string{"Notebook", "Board Game"}},
			{"Ink Bottle", 1300, []string{"Fountain Pen", "Notebook"}},
		}},
		{"audio", [...]string{"Larkline", "Humbleton", "Veldrun"}, [...]line{
			{"Turntable", 24900, []string{"Loudspeaker", "Record Brush"}},
			{"Loudspeaker", 17900, []string{"Turntable", "Headphones"}},
			{"Headphones", 8900, []string{"Loudspeaker", "Turntable"}},
			{"Record Brush", 1200, []string{"Turntable", "Loudspeaker"}},
		}},
		{"photo", [...]string{"Humbleton", "Lumenby", "Windlesham"}, [...]line{
			{"Film Camera", 32900, []string{"Camera Strap", "Tripod"}},
			{"Tripod", 7900, []string{"Film Camera", "Camera Bag"}},
			{"Camera Strap", 2400, []string{"Film Camera", "Camera Bag"}},
			{"Camera Bag", 6900, []string{"Film Camera", "Tripod"}},
		}},
		{"knitting", [...]string{"Woolbeck", "Paperlow", "Hedgeley"}, [...]line{
			{"Wool Yarn", 1100, []string{"Knitting Needles", "Pattern Book"}},
			{"Knitting Needles", 1600, []string{"Wool Yarn", "Yarn Bowl"}},
			{"Yarn Bowl", 2800, []string{"Wool Yarn", "Knitting Needles"}},
			{"Pattern Book", 2100, []string{"Wool Yarn", "Knitting Needles"}},
		}},
		{"bath", [...]string{"Saltmarten", "Lindenfoam", "Woolbeck"}, [...]line{
			{"Bath Towel", 2300, []string{"Bathrobe", "Soap Bar"}},
			{"Soap Bar", 700, []string{"Bath Towel", "Scented Candle"}},
			{"Bathrobe", 6200, []string{"Bath Towel", "Soap Bar"}},
			{"Scented Candle", 1500, []string{"Soap Bar", "Bath Towel"}},
		}},
		{"games", [...]string{"Pawnbridge", "Inksworth", "Larkline"}, [...]line{
			{"Board Game", 3900, []string{"Dice Set", "Card Deck"}},
			{"Card Deck", 1000, []string{"Dice Set", "Board Game"}},
			{"Jigsaw Puzzle", 2000, []string{"Board Game", "Desk Lamp"}},
			{"Dice Set", 800, []string{"Board Game", "Card Deck"}},
		}},
	}
}

// styles tell the products of a line apart: each line takes the eight that begin at its own place.
var styles = [...]string{
	"Alder", "Birch", "Cinder", "Dune", "Ember", "Fjord", "Grove", "Heron", "Iris", "Juniper", "Kestrel", "Larch",
	"Meadow", "Nettle", "Opal", "Pebble", "Quartz", "Rowan", "Sorrel", "Thistle", "Umber", "Violet", "Willow", "Yarrow",
}

// place is where a session comes from.
type place struct{ city, country string }

// places lists them; names are as people there write them, so many are not ASCII.
var places = [...]place{
	{"Luleå", "Sweden"},
	{"Lund", "Sweden"},
	{"Münster", "Germany"},
	{"Köln", "Germany"},
	{"Zürich", "Switzerland"},
	{"Nantes", "France"},
	{"Besançon", "France"},
	{"Málaga", "Spain"},
	{"A Coruña", "Spain"},
	{"Coimbra", "Portugal"},
	{"São Paulo", "Brazil"},
	{"Bogotá", "Colombia"},
	{"Kraków", "Poland"},
	{"Łódź", "Poland"},
	{"Brno", "Czechia"},
	{"Győr", "Hungary"},
	{"Αθήνα", "Greece"},
	{"İzmir", "Türkiye"},
	{"北京", "China"},
	{"京都", "Japan"},
	{"서울", "South Korea"},
	{"Đà Nẵng", "Vietnam"},
	{"Reykjavík", "Iceland"},
	{"Tromsø", "Norway"},
	{"Ærøskøbing", "Denmark"},
	{"Jyväskylä", "Finland"},
	{"Galway", "Ireland"},
	{"Leeds", "United Kingdom"},
	{"Portland", "USA"},
	{"Santa Fe", "USA"},
	{"Québec", "Canada"},
	{"Dunedin", "New Zealand"},
}
