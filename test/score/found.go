package main

import (
	"slices"
	"time"
)

// message holds the fields of an alert that the judge needs.
type message struct {
	ID, Rule, Class, Severity   string
	Subject, User, Source, Text string
	Sequence                    int
	Time, Start, End            time.Time
	Read                        time.Time // when the chunk was read that caused it
	Users, IPs, Failures        int       // true figures
	Addresses, Accounts, Valid  []string
	Apps, Hosts, Signals        []string
}

// incident is an incident, merged from all its messages.
type incident struct {
	last      message
	first     message
	messages  int
	addresses []string // named in any message
	accounts  []string
	apps      []string
	valid     []string
}

// found holds the incidents that a detection has found.
type found struct {
	incidents map[string]*incident
	order     []*incident
}

func newFound() *found { return &found{incidents: map[string]*incident{}} }

func (f *found) add(m message) {
	i := f.incidents[m.ID]
	if i == nil {
		i = &incident{first: m}
		f.incidents[m.ID] = i
		f.order = append(f.order, i)
	}
	i.messages++
	i.last = m
	i.addresses = merge(i.addresses, m.Source)
	i.addresses = merge(i.addresses, m.Addresses...)
	i.accounts = merge(i.accounts, m.User)
	i.accounts = merge(i.accounts, m.Accounts...)
	i.accounts = merge(i.accounts, m.Valid...)
	i.apps = merge(i.apps, m.Apps...)
	i.valid = merge(i.valid, m.Valid...)
}

// merge adds the values that are new and not empty.
func merge(list []string, values ...string) []string {
	for _, v := range values {
		if v != "" && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}
