#pragma once

#include "cli/command.h"

namespace CLI {
class App;
}

namespace tributary {

// `tributary secrets`: certificates and a token, kept as Secrets of Kubernetes. What the chart's Job and CronJob run.
Command AddSecretsCommand(CLI::App& app);

}  // namespace tributary
