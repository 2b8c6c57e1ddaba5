package report

import "fmt"

// Place is where events came from.
type Place struct {
	Country, City string
	Lat, Lon      float64
	Events        int
}

// X and Y are the position of a place on the map of 360 by 150 units: longitudes
// from west to east, latitudes from 85 north to 65 south.
func (p Place) X() string { return fmt.Sprintf("%.1f", p.Lon+180) }

// Y is described with X.
func (p Place) Y() string { return fmt.Sprintf("%.1f", 85-p.Lat) }

// Radius grows with the number of events.
func (p Place) Radius() int { return min(3+p.Events/20, 8) }

// land are the outlines of the continents, drawn by hand and coarse: they only
// show the part of the world that a place is in.
var land = []string{
	// North and Central America.
	"12,20 30,14 55,16 85,15 98,22 86,28 88,34 100,32 104,23 118,25 124,33 128,38 116,42 110,44 104,50 99,60 98,56 90,55 83,58 83,63 89,64 93,70 100,76 96,76 88,71 80,68 74,62 66,55 58,48 55,38 46,29 36,25 28,27 16,30 14,24",
	// Greenland.
	"107,8 130,3 158,4 160,12 152,18 138,25 132,22 125,12",
	// South America.
	"103,77 108,73 119,75 130,81 145,90 144,97 139,108 131,112 123,122 117,126 112,137 106,138 105,125 109,105 104,97 99,89 101,81",
	// Europe and Asia.
	"171,48 172,42 179,41 176,37 184,33 188,31 190,27 187,24 194,17 205,14 221,18 240,15 260,10 285,9 310,13 340,14 359,18 358,22 343,25 337,33 335,27 322,30 315,35 320,38 311,46 307,50 301,46 302,54 299,60 290,64 288,70 284,76 280,73 280,83 283,84 279,80 274,68 267,63 260,70 257,77 252,67 247,62 237,60 230,58 236,63 239,63 230,72 223,73 215,57 216,49 207,48 202,47 203,50 198,44 192,40 196,45 198,48 191,41 183,42 180,46 175,49",
	// Great Britain, Iceland.
	"174,35 178,27 182,32 181,34 175,35", "156,19 166,19 165,22 158,22",
	// Africa.
	"163,71 164,63 171,54 174,49 190,48 199,54 212,54 217,65 223,73 231,74 221,86 219,100 215,110 206,119 198,119 192,103 189,87 188,80 172,80 164,74",
	// Madagascar.
	"224,100 230,98 227,110 224,109",
	// Australia, New Guinea, New Zealand.
	"293,107 302,101 310,97 316,97 321,102 323,96 333,112 330,122 323,124 311,117 296,120 294,114", "311,86 325,89 331,95 318,93", "352,120 358,124 352,129 347,131 352,126",
	// Sumatra, Java, Borneo, the Philippines, Japan.
	"275,80 286,90 283,91", "286,92 294,93 293,94 286,93", "289,84 297,78 298,83 295,89 290,88", "300,67 304,73 306,78 302,78", "310,54 316,50 321,45 320,49 312,54",
}
