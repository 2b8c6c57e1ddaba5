package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"redshank/analytics/policy"
	"redshank/plugin/agent"
	"redshank/plugin/document"
)

func newDocs() *cobra.Command {
	docs := &cobra.Command{
		Use:   "docs",
		Short: "Print reference tables and the schema of a policy",
		Args:  cobra.ArbitraryArgs,
		RunE:  withoutSubcommand,
	}
	docs.AddCommand(
		newTable("options", "Print the options of the [OUTPUT] section", agent.OptionsTable),
		newTable("signals", "Print the signals of AN0131 with their weights", signalsTable),
		newTable("schema", "Print the JSON Schema of a policy, for editors", func() string { return string(policy.Schema()) }),
		newTable("fields", "Print the fields of the map redshank in an alert", document.FieldsTable),
	)
	return docs
}

func newTable(name, short string, table func() string) *cobra.Command {
	return &cobra.Command{
		Use:   name,
		Short: short,
		Args:  cobra.NoArgs,
		Run:   func(cmd *cobra.Command, _ []string) { _, _ = io.WriteString(cmd.OutOrStdout(), table()) },
	}
}

// signalsTable returns the signals of AN0131, each with the weight that it has
// where the policy does not set another.
func signalsTable() string {
	var b strings.Builder
	b.WriteString("| signal | half | weight | sources | ATT&CK | meaning |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, s := range policy.Default().Signals() {
		half := "sign-in"
		if s.Access {
			half = "access"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %d | %s | %s | %s |\n", s.Code, half, s.Default, s.Sources, s.Technique, s.Says)
	}
	return b.String()
}
