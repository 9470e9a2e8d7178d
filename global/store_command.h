#pragma once

namespace tributary {

// `tributary-global --store inspect|check|export|import DIR...`. Exit status: 0, 1 after an error that was told or when
// something is corrupt, 2 for a wrong command line.
bool IsStoreCommand(int argc, char** argv);
int RunStoreCommand(int argc, char** argv);

}  // namespace tributary
