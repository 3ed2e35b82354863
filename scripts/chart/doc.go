// Package chart has the look of all pictures that the tools draw, and draws several of them below each other.
//
//	p := chart.New("Hit rate")
//	line, err := chart.Line(xys, 0)   // in the first of chart.Colours
//	p.Add(line)
//	p.Legend.Add("ours", line)
//	err = chart.Save(path, 9*vg.Inch, 5*vg.Inch, p)
package chart
