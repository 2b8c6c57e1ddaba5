package world

// thefts are the kinds of attack that AN0131 is about.
var thefts = []kind{}
