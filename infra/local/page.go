package local

import (
	"html/template"
	"net/http"
)

const pageSource = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>streamrec local</title>
<style>
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
body { max-width: 42rem; margin: 3rem auto; padding: 0 1rem }
pre { padding: .75rem 1rem; overflow-x: auto; border: 1px solid #8886; border-radius: .4rem }
</style>
<h1>streamrec local</h1>
<p>Kinesis, DynamoDB and S3 for development and tests, in region {{.Region}}, kept in {{if .Dir}}a directory{{else}}memory{{end}}.
Point any AWS client here; {{if .Credentials}}requests have to be signed with one of the configured keys{{else}}any credentials will do{{end}}.</p>
<pre>export AWS_ENDPOINT_URL=http://{{.Host}} AWS_REGION={{.Region}}
aws kinesis list-streams
aws dynamodb list-tables
aws s3 ls</pre>
<p><a href="/_health">Health</a> · <a href="/_metrics">Metrics of this process</a>{{if .FaultsOverHTTP}} · <a href="/_faults">Injected faults</a>{{end}}</p>
</html>
`

// page says what this port is.
func (l *Local) page(w http.ResponseWriter, r *http.Request) {
	page, err := template.New("page").Parse(pageSource)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'")
	// A browser that has gone needs no page.
	_ = page.Execute(w, struct {
		Options
		Host string
	}{l.options, r.Host})
}
