// Command controlplane is the Kubernetes control plane in one binary: it becomes the server by whose name it is
// called (the first argument), so that one link step builds all four.
//
//	controlplane etcd|kube-apiserver|kube-controller-manager|kube-scheduler [FLAG…]
//
// With CONTROLPLANE_EXIT_WITH_STDIN=1 a server ends when its standard input does, so that it cannot outlive a parent
// that was killed. A byte on standard input releases it from that.
package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

func main() {
	if len(os.Args) < 2 {
		usage()
	}
	if os.Getenv("CONTROLPLANE_EXIT_WITH_STDIN") == "1" {
		go exitWithStdin()
	}
	name, args := os.Args[1], os.Args[1:]
	var command *cobra.Command
	switch name {
	case "etcd":
		etcdmain.Main(args)
		return
	case "kube-apiserver":
		command = apiserver.NewAPIServerCommand()
	case "kube-controller-manager":
		command = controllers.NewControllerManagerCommand()
	case "kube-scheduler":
		command = scheduler.NewSchedulerCommand()
	default:
		usage()
	}
	os.Args = args
	os.Exit(cli.Run(command))
}

func exitWithStdin() {
	if n, _ := os.Stdin.Read(make([]byte, 1)); n == 0 {
		os.Exit(0)
	}
}

func usage() {
	fmt.Fprintln(os.Stderr, "usage: controlplane etcd|kube-apiserver|kube-controller-manager|kube-scheduler [FLAG…]")
	os.Exit(2)
}
