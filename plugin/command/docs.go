package command

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"redshank/analytics/policy"
)

func newDocs(p Plugin) *cobra.Command {
	docs := &cobra.Command{
		Use:   "docs",
		Short: "Print reference tables in markdown",
		Args:  cobra.ArbitraryArgs,
		RunE:  withoutSubcommand,
	}
	docs.AddCommand(
		newTable("options", "Print the options of the [OUTPUT] section", p.OptionsTable),
		newTable("signals", "Print the signals of AN0131 with their weights", signalsTable),
		newTable("fields", "Print the fields of the map redshank in an alert", p.FieldsTable),
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
