#include "cli/secrets_command.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "CLI/App.hpp"
#include "CLI/Config.hpp"
#include "CLI/Formatter.hpp"
#include "absl/cleanup/cleanup.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "cli/certificate_authority.h"
#include "cli/kubernetes_secrets.h"
#include "common/base/check.h"
#include "common/base/status.h"
#include "common/net/tls_files.h"

namespace tributary {
namespace {

using Role = TlsIdentity::Role;
using Secret = KubernetesSecrets::Secret;

constexpr char kExamples[] = R"(Examples:
  tributary secrets tributary --agent-hosts tributary-agent --proxy-hosts tributary-proxy --token token

Makes Secrets in the namespace of the pod it runs in: tributary-ca with an authority, one for each role whose hosts are
named, as tributary-proxy-tls, with tls.crt, tls.key and ca.crt, and tributary-token. What is there and good is kept, so
it may run again and again; a certificate is made anew when it ends soon, or is for other names.)";

constexpr char kTlsType[] = "kubernetes.io/tls";
constexpr char kNames[] = "tributary/names";  // annotation: what the certificate is for

struct SecretsOptions {
  std::string prefix;
  std::string cluster = "tributary";
  std::vector<std::string> agent_hosts;
  std::vector<std::string> proxy_hosts;
  std::vector<std::string> global_hosts;
  int days = 90;
  int renew_before = 30;
  std::string token;
  KubernetesSecrets::Options kubernetes;
};

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

absl::Status WriteFile(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  return file ? absl::OkStatus() : absl::FailedPreconditionError(absl::StrCat(path, ": cannot be written"));
}

// Makes what is missing, in a folder of its own that goes with it. Says what it did in `report`.
class SecretsMaker {
 public:
  SecretsMaker(const SecretsOptions& options, KubernetesSecrets& secrets, std::string folder)
      : options_(options), secrets_(secrets), folder_(std::move(folder)), now_(absl::Now()) {}

  absl::Status MakeAll() {
    if (HasCertificates()) {
      TRIBUTARY_ASSIGN_OR_RETURN(const CertificateAuthority authority, OpenAuthority());
      TRIBUTARY_RETURN_IF_ERROR(MakeCertificate(authority, Role::kAgent, options_.agent_hosts));
      TRIBUTARY_RETURN_IF_ERROR(MakeCertificate(authority, Role::kProxy, options_.proxy_hosts));
      TRIBUTARY_RETURN_IF_ERROR(MakeCertificate(authority, Role::kGlobal, options_.global_hosts));
    }
    return options_.token.empty() ? absl::OkStatus() : MakeToken();
  }
  const std::string& report() const { return report_; }

 private:
  bool HasCertificates() const {
    return !options_.agent_hosts.empty() || !options_.proxy_hosts.empty() || !options_.global_hosts.empty();
  }

  // Its Secret has the shape that cert-manager's CA issuer takes.
  absl::StatusOr<CertificateAuthority> OpenAuthority() {
    TRIBUTARY_ASSIGN_OR_RETURN(Secret secret, secrets_.Get(options_.prefix + "-ca"));
    if (secret.exists()) {
      TRIBUTARY_RETURN_IF_ERROR(WriteFile(folder_ + "/ca.crt", secret.Data("tls.crt")));
      TRIBUTARY_RETURN_IF_ERROR(WriteFile(folder_ + "/ca.key", secret.Data("tls.key")));
    }
    TRIBUTARY_ASSIGN_OR_RETURN(CertificateAuthority authority,
                               CertificateAuthority::OpenOrMake(folder_, options_.cluster, now_));
    authority_ = ReadFile(folder_ + "/ca.crt");
    if (secret.exists()) {
      Tell(secret, "kept");
      return authority;
    }
    secret.type = kTlsType;
    secret.data = {{"tls.crt", authority_}, {"tls.key", ReadFile(folder_ + "/ca.key")}, {"ca.crt", authority_}};
    TRIBUTARY_RETURN_IF_ERROR(secrets_.Put(secret));
    Tell(secret, "made");
    return authority;
  }

  absl::Status MakeCertificate(const CertificateAuthority& authority, Role role,
                               const std::vector<std::string>& hosts) {
    if (hosts.empty()) return absl::OkStatus();
    const std::string role_name(TlsRoleName(role));
    const TlsIdentity identity = {options_.cluster, role, absl::StrCat(options_.prefix, "-", role_name)};
    const std::string names = absl::StrCat(identity.ToUri(), ",", absl::StrJoin(hosts, ","));
    TRIBUTARY_ASSIGN_OR_RETURN(Secret secret, secrets_.Get(absl::StrCat(options_.prefix, "-", role_name, "-tls")));
    if (IsGood(secret, names)) {
      Tell(secret, "kept");
      return absl::OkStatus();
    }
    std::vector<std::string> all = {"localhost", "127.0.0.1", "::1"};  // `kubectl port-forward`
    all.insert(all.end(), hosts.begin(), hosts.end());
    TRIBUTARY_RETURN_IF_ERROR(authority.Issue({.identity = identity,
                                               .hosts = std::move(all),
                                               .not_before = now_ - absl::Minutes(5),
                                               .not_after = now_ + absl::Hours(24) * options_.days},
                                              role_name));
    const bool existed = secret.exists();
    secret.type = kTlsType;
    secret.annotations[kNames] = names;
    secret.data["tls.crt"] = ReadFile(absl::StrCat(folder_, "/", role_name, ".crt"));
    secret.data["tls.key"] = ReadFile(absl::StrCat(folder_, "/", role_name, ".key"));
    secret.data["ca.crt"] = authority_;
    TRIBUTARY_RETURN_IF_ERROR(secrets_.Put(secret));
    Tell(secret, existed ? "made anew" : "made");
    return absl::OkStatus();
  }

  // Of our authority, for these names, whole, and for long enough.
  bool IsGood(const Secret& secret, const std::string& names) const {
    const auto told = secret.annotations.find(kNames);
    if (told == secret.annotations.end() || told->second != names || secret.Data("ca.crt") != authority_) return false;
    const TlsFiles files = {folder_ + "/old.crt", folder_ + "/old.key", folder_ + "/ca.crt"};
    if (!WriteFile(files.cert_file, secret.Data("tls.crt")).ok()) return false;
    if (!WriteFile(files.key_file, secret.Data("tls.key")).ok()) return false;
    const absl::StatusOr<TlsMaterial> material = LoadTlsMaterial(files);
    return material.ok() && material->not_after - now_ > absl::Hours(24) * options_.renew_before;
  }

  absl::Status MakeToken() {
    TRIBUTARY_ASSIGN_OR_RETURN(Secret secret, secrets_.Get(options_.prefix + "-token"));
    if (!secret.Data(options_.token).empty()) {
      Tell(secret, "kept");
      return absl::OkStatus();
    }
    unsigned char bytes[32];
    TRIBUTARY_CHECK(RAND_bytes(bytes, sizeof bytes) == 1);
    secret.data[options_.token] =
        absl::WebSafeBase64Escape(absl::string_view(reinterpret_cast<const char*>(bytes), sizeof bytes));
    TRIBUTARY_RETURN_IF_ERROR(secrets_.Put(secret));
    Tell(secret, "made");
    return absl::OkStatus();
  }

  void Tell(const Secret& secret, absl::string_view done) { absl::StrAppend(&report_, secret.name, "  ", done, "\n"); }

  const SecretsOptions& options_;
  KubernetesSecrets& secrets_;
  const std::string folder_;
  const absl::Time now_;
  std::string authority_;
  std::string report_;
};

std::string WhatIsWrong(const SecretsOptions& options) {
  if (!IsTlsClusterName(options.cluster)) return "--cluster takes lower-case letters, digits and .-_";
  if (!IsTlsName(options.prefix) || options.prefix.find('/') != std::string::npos) {
    return "PREFIX takes letters, digits and .-_";
  }
  for (const auto* hosts : {&options.agent_hosts, &options.proxy_hosts, &options.global_hosts}) {
    for (const std::string& host : *hosts) {
      if (!IsCertificateHost(host)) return "hosts are names and IP addresses";
    }
  }
  if (options.renew_before >= options.days) return "--renew-before must be less than --days";
  if (options.agent_hosts.empty() && options.proxy_hosts.empty() && options.global_hosts.empty() &&
      options.token.empty()) {
    return "say what to make: --agent-hosts, --proxy-hosts, --global-hosts or --token";
  }
  return "";
}

int Run(const CLI::App& app, const SecretsOptions& options) {
  if (const std::string wrong = WhatIsWrong(options); !wrong.empty()) return UsageError(app, wrong);
  absl::StatusOr<KubernetesSecrets> secrets = KubernetesSecrets::Open(options.kubernetes);
  if (!secrets.ok()) return Failure(app, secrets.status().message());
  std::error_code error;
  std::string folder = (std::filesystem::temp_directory_path(error) / "tributary-secrets-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) return Failure(app, "no folder for temporary files");
  const absl::Cleanup remove = [&folder] {
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  };
  SecretsMaker maker(options, *secrets, folder);
  const absl::Status status = maker.MakeAll();
  const int printed = PrintText(maker.report());
  return status.ok() ? printed : Failure(app, status.message());
}

void AddHosts(CLI::App& app, const std::string& name, std::vector<std::string>& hosts, const std::string& role) {
  app.add_option(name, hosts, absl::StrCat("makes a certificate for ", role, ", good for these names over HTTPS"))
      ->type_name("HOST,...")
      ->delimiter(',');
}

}  // namespace

Command AddSecretsCommand(CLI::App& app) {
  auto options = std::make_shared<SecretsOptions>();
  CLI::App* command =
      app.add_subcommand("secrets", "Make certificates and a token, and keep them as Secrets of Kubernetes");
  command->add_option("PREFIX", options->prefix, "begins the Secrets' names")->required()->type_name("");
  command->add_option("--cluster", options->cluster, "the cluster's name, as in the programs' configuration")
      ->type_name("NAME")
      ->capture_default_str();
  AddHosts(*command, "--agent-hosts", options->agent_hosts, "agents");
  AddHosts(*command, "--proxy-hosts", options->proxy_hosts, "proxies");
  AddHosts(*command, "--global-hosts", options->global_hosts, "globals");
  command->add_option("--days", options->days, "for how long certificates are good")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 3650).description(""));
  command->add_option("--renew-before", options->renew_before, "days before its end, a certificate is made anew")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(0, 3649).description(""));
  command->add_option("--token", options->token, "makes a token for the http ports, under this key")->type_name("KEY");
  command->add_option("--namespace", options->kubernetes.space, "where; the pod's own when absent")->type_name("NAME");
  command->add_option("--api", options->kubernetes.api, "the API server")->type_name("URL")->capture_default_str();
  command->add_option("--account", options->kubernetes.account, "folder with token, ca.crt and namespace of the pod")
      ->type_name("DIR")
      ->capture_default_str();
  command->footer(kExamples);
  return {.app = command, .run = [command, options] { return Run(*command, *options); }};
}

}  // namespace tributary
