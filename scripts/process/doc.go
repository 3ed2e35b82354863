// Package process runs commands outside this process, as a person or a supervisor would, and looks at them: what they say, what they use, what
// their metrics are. Tests, benchmarks and the soak share it.
//
//	p, err := process.Start(process.Command{Name: "a", Path: binary, Args: []string{"worker", …}, Env: env})
//	p.Freeze(); p.Thaw(); p.Terminate()
//	code, err := p.Wait(ctx)
//
// A process is ended by whoever started it: see [Process.Kill].
package process
