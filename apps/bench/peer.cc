#include "peer.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include "tristab/base/errors.h"

namespace tristab {

EigenProduct load_eigen_product(const SimdLevel& level) {
  // The loader replaces $ORIGIN by the directory of this program.
  const std::string path = fmt::format("$ORIGIN/libtristab_eigen_{}.so", level.name);
  void* object = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  void* symbol = object == nullptr ? nullptr : dlsym(object, "tristab_eigen_product");
  if (symbol == nullptr) {
    const char* reason = dlerror();
    refuse_input(fmt::format("Eigen for {}", level.name), reason == nullptr ? "no such function" : reason,
                 "the shared object that is built with tristab-bench, beside it");
  }
  return reinterpret_cast<EigenProduct>(symbol);
}

}  // namespace tristab
