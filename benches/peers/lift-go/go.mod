// The harness adds `replace github.com/pay-theory/lift => PATH` in a copy (benches/src/lift.rs): no proxy serves that module.
module lift-ws.example/benches/peers/lift-go

go 1.23.10

require (
	github.com/aws/aws-lambda-go v1.49.0
	github.com/pay-theory/lift v0.0.0
)
