// Package spelling finds the word that somebody probably meant.
package spelling

// maxLength bounds the words that are compared, in bytes. Keys and options are
// far shorter; a longer word has no near one.
const maxLength = 64

// Nearest returns the word of known with the least edit distance to word, and
// "" if no word is near: one edit is allowed for every three bytes of word, and
// at least one. Inserting, deleting and replacing a byte and swapping two
// neighbours are one edit each. The first of several equally near words wins.
func Nearest(word string, known []string) string {
	least, nearest := 1+max(1, len(word)/3), ""
	if len(word) > maxLength {
		return ""
	}
	for _, k := range known {
		if len(k) > maxLength {
			continue
		}
		if d := distance(word, k); d < least {
			least, nearest = d, k
		}
	}
	return nearest
}

// distance returns the optimal string alignment distance of a and b, which are
// at most maxLength bytes long.
func distance(a, b string) int {
	var rows [3][maxLength + 1]int // the last three rows of the table
	for j := range len(b) + 1 {
		rows[0][j] = j
	}
	for i := range len(a) {
		row, above, second := &rows[(i+1)%3], &rows[i%3], &rows[(i+2)%3]
		row[0] = i + 1
		for j := range len(b) {
			replaced := above[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, above[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], second[j-1]+1)
			}
		}
	}
	return rows[len(a)%3][len(b)]
}
