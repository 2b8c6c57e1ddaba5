package document

import (
	"fmt"
	"strings"
	"time"

	"redshank/analytics/alert"
	"redshank/plugin/text"
)

// Chat selects the form of a message for people instead of a document for a SIEM.
type Chat uint8

// The chats, by the form that their incoming webhooks take.
const (
	NoChat Chat = iota
	Slack       // blocks of the Block Kit
	Teams       // an Adaptive Card
)

// Bounds of a message in a chat. Slack takes 150 characters in a header and 3000
// in a section, Teams 28 KB in a message. Source: their manuals of webhooks.
const (
	maxHeadline   = 140
	maxChatText   = 2900
	maxChatNames  = 10 // accounts and addresses
	maxChatAction = 400
)

// chatMessage is the content of a message for any chat service.
type chatMessage struct {
	headline, sentence string
	sections           []chatSection
}

// chatSection is a titled list.
type chatSection struct {
	title string
	lines []string
}

func (s *chatSection) text() string {
	return text.Cut(s.title+"\n"+strings.Join(s.lines, "\n"), maxChatText)
}

// chatMessageOf returns the sentence of the alert, what to reset and to block, and
// what to do.
func chatMessageOf(a *alert.Alert) chatMessage {
	m := chatMessage{
		headline: text.Cut(strings.ToUpper(a.Severity.String())+" "+titleOf(a), maxHeadline),
		sentence: text.Cut(a.Message, maxChatText),
	}
	var reset, from, steps []string
	for i := range a.Valid[:min(len(a.Valid), maxChatNames)] {
		v := &a.Valid[i]
		line := text.Cut(v.User, maxShort) + ", " + v.At.UTC().Format(time.RFC3339)
		if v.IP.IsValid() {
			line += ", from " + v.IP.String()
		}
		reset = append(reset, line)
	}
	ips := a.RelatedIPs()
	for _, ip := range ips[:min(len(ips), maxChatNames)] {
		from = append(from, ip.String())
	}
	if more := a.Counts.DistinctIPs - len(from); more > 0 && len(from) > 0 {
		from = append(from, fmt.Sprintf("and %d more", more))
	}
	for n, step := range alert.Actions(a) {
		steps = append(steps, fmt.Sprintf("%d. %s", n+1, text.Cut(step, maxChatAction)))
	}
	for _, s := range []chatSection{{"Passwords known to the attacker", reset}, {"Addresses", from}, {"What to do", steps},
		{"Incident", []string{fmt.Sprintf("%s, message %d (%s), rule %s", a.ID, a.Sequence, a.Phase, a.Rule.ID)}}} {
		if len(s.lines) > 0 {
			m.sections = append(m.sections, s)
		}
	}
	return m
}

// message returns the alert in the form of the chat. Account names and user agents
// come from attackers, so all text is in elements without markup: neither a link
// nor a mention of a whole channel can be written into a log.
func (c Chat) message(a *alert.Alert) ([]byte, error) {
	m := chatMessageOf(a)
	if c == Teams {
		return text.JSON(teamsOf(&m))
	}
	return text.JSON(slackOf(&m))
}

type slackMessage struct {
	Text   string       `json:"text"` // of the notification
	Blocks []slackBlock `json:"blocks"`
}

type slackBlock struct {
	Type string    `json:"type"`
	Text slackText `json:"text"`
}

type slackText struct {
	Type  string `json:"type"`
	Text  string `json:"text"`
	Emoji bool   `json:"emoji"`
}

// slackEscaper escapes the characters that begin a link or a mention in the text of
// a notification, which has markup.
var slackEscaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

func slackOf(m *chatMessage) slackMessage {
	block := func(kind, said string) slackBlock { return slackBlock{kind, slackText{"plain_text", said, false}} }
	out := slackMessage{Text: slackEscaper.Replace(m.headline), Blocks: []slackBlock{block("header", m.headline)}}
	if m.sentence != "" {
		out.Blocks = append(out.Blocks, block("section", m.sentence))
	}
	for i := range m.sections {
		out.Blocks = append(out.Blocks, block("section", m.sections[i].text()))
	}
	return out
}

type teamsMessage struct {
	Type        string            `json:"type"`
	Attachments []teamsAttachment `json:"attachments"`
}

type teamsAttachment struct {
	ContentType string    `json:"contentType"`
	Content     teamsCard `json:"content"`
}

type teamsCard struct {
	Schema  string       `json:"$schema"`
	Type    string       `json:"type"`
	Version string       `json:"version"`
	Body    []teamsBlock `json:"body"`
}

// teamsBlock is a RichTextBlock. A TextBlock would render Markdown.
type teamsBlock struct {
	Type    string     `json:"type"`
	Inlines []teamsRun `json:"inlines"`
}

type teamsRun struct {
	Type   string `json:"type"`
	Text   string `json:"text"`
	Weight string `json:"weight,omitempty"`
}

func teamsOf(m *chatMessage) teamsMessage {
	block := func(said, weight string) teamsBlock {
		return teamsBlock{"RichTextBlock", []teamsRun{{"TextRun", said, weight}}}
	}
	body := []teamsBlock{block(m.headline, "Bolder")}
	if m.sentence != "" {
		body = append(body, block(m.sentence, ""))
	}
	for i := range m.sections {
		body = append(body, block(m.sections[i].title, "Bolder"))
		for _, line := range m.sections[i].lines {
			body = append(body, block(line, ""))
		}
	}
	return teamsMessage{"message", []teamsAttachment{{"application/vnd.microsoft.card.adaptive",
		teamsCard{"http://adaptivecards.io/schemas/adaptive-card.json", "AdaptiveCard", "1.4", body}}}}
}
