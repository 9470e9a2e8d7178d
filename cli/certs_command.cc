#include "cli/certs_command.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "cli/certificate_authority.h"
#include "common/base/status.h"

namespace tributary {
namespace {

using Role = TlsIdentity::Role;

constexpr char kExamples[] = R"(Examples:
  tributary certs certs --agents 3 --proxies 1 --globals 2
  tributary certs certs --role proxy --name proxy-0 --hosts proxy-0.example.net,10.0.0.7 --days 90

Makes the authority ca.crt and ca.key, or takes the one that is there, and signs a certificate for each program:
agent-0.crt and agent-0.key, and so on. Those that are there are replaced, which is how certificates are renewed:
programs read theirs again within seconds. Keys are readable by their owner only. Keep ca.key away from the cluster.)";

struct CertsOptions {
  std::string folder;
  std::string cluster = "tributary";
  int agents = 0;
  int proxies = 0;
  int globals = 0;
  std::string role;
  std::string name;
  std::vector<std::string> hosts;
  int days = 30;
};

std::string WhatIsWrong(const CertsOptions& options) {
  const bool counted = options.agents + options.proxies + options.globals > 0;
  const bool named = !options.role.empty() || !options.name.empty();
  if (!IsTlsClusterName(options.cluster)) return "--cluster takes lower-case letters, digits and .-_";
  if (counted == named) return "say what for: --agents, --proxies and --globals, or one by --role and --name";
  if (named && (options.role.empty() || !IsTlsName(options.name) || options.name.find('/') != std::string::npos ||
                options.name == "ca")) {
    return "--role and --name go together; a name has letters, digits and .-_, and is not ca";
  }
  if (!std::all_of(options.hosts.begin(), options.hosts.end(), IsCertificateHost))
    return "--hosts takes names and IP addresses";
  return "";
}

// Of the cluster's programs, or the one that is named.
std::vector<TlsIdentity> IdentitiesOf(const CertsOptions& options) {
  if (!options.role.empty()) return {{options.cluster, *ParseTlsRole(options.role), options.name}};
  std::vector<TlsIdentity> identities;
  const auto add = [&](Role role, int count) {
    for (int i = 0; i < count; ++i) {
      identities.push_back({options.cluster, role, absl::StrCat(TlsRoleName(role), "-", i)});
    }
  };
  add(Role::kAgent, options.agents);
  add(Role::kProxy, options.proxies);
  add(Role::kGlobal, options.globals);
  return identities;
}

absl::Status MakeAll(const CertsOptions& options) {
  const absl::Time now = absl::Now();
  TRIBUTARY_ASSIGN_OR_RETURN(const CertificateAuthority authority,
                             CertificateAuthority::OpenOrMake(options.folder, options.cluster, now));
  for (const TlsIdentity& identity : IdentitiesOf(options)) {
    std::vector<std::string> hosts = {"localhost", "127.0.0.1", "::1", identity.name};
    hosts.insert(hosts.end(), options.hosts.begin(), options.hosts.end());
    // Clocks of the cluster may differ by a little.
    TRIBUTARY_RETURN_IF_ERROR(authority.Issue({.identity = identity,
                                               .hosts = std::move(hosts),
                                               .not_before = now - absl::Minutes(5),
                                               .not_after = now + absl::Hours(24) * options.days},
                                              identity.name));
  }
  return absl::OkStatus();
}

int Run(const CLI::App& app, const CertsOptions& options) {
  if (const std::string wrong = WhatIsWrong(options); !wrong.empty()) return UsageError(app, wrong);
  if (const absl::Status status = MakeAll(options); !status.ok()) return Failure(app, status.message());
  std::string text;
  for (const TlsIdentity& identity : IdentitiesOf(options)) {
    absl::StrAppend(&text, options.folder, "/", identity.name, ".crt  ", identity.ToUri(), "\n");
  }
  return PrintText(text);
}

void AddCount(CLI::App& app, const std::string& name, int& count, const std::string& role) {
  app.add_option(name, count, absl::StrCat("certificates for ", role, "-0, ", role, "-1, ..."))
      ->type_name("N")
      ->check(CLI::Range(0, 10'000).description(""));
}

}  // namespace

Command AddCertsCommand(CLI::App& app) {
  auto options = std::make_shared<CertsOptions>();
  CLI::App* command = app.add_subcommand("certs", "Make certificates for a cluster, by an authority of its own");
  command->add_option("DIR", options->folder, "where they are written")->required()->type_name("");
  command->add_option("--cluster", options->cluster, "the cluster's name, as in the programs' configuration")
      ->type_name("NAME")
      ->capture_default_str();
  AddCount(*command, "--agents", options->agents, "agent");
  AddCount(*command, "--proxies", options->proxies, "proxy");
  AddCount(*command, "--globals", options->globals, "global");
  AddChoice(command->add_option("--role", options->role, "one certificate, of this role"),
            {"agent", "proxy", "global", "client"});
  command->add_option("--name", options->name, "whose it is, and the name of its files")->type_name("NAME");
  command->add_option("--hosts", options->hosts, "further names and IP addresses that HTTPS clients use")
      ->type_name("HOST,...")
      ->delimiter(',');
  command->add_option("--days", options->days, "for how long they are good")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650).description(""));
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
