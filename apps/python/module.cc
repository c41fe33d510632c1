// The Python module tristab._tristab: library.h for numpy. Python files around it (tristab/*.py) give arrays of any
// batch shape, torch tensors and names their form.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tristab/library/library.h"

namespace py = pybind11;
namespace lib = tristab::library;

namespace {

// An array in row-major order, and what its numbers are: "f64", "f32", "f16", "bf16" (as 16-bit words), "i64", "i32".
using Given = std::pair<py::array, std::string>;
using GivenTensors = std::map<std::string, Given>;

tristab::Dtype dtype_of(const std::string& name) {
  const std::pair<const char*, tristab::Dtype> names[] = {{"f64", tristab::Dtype::f64}, {"f32", tristab::Dtype::f32},
                                                          {"f16", tristab::Dtype::f16}, {"bf16", tristab::Dtype::bf16},
                                                          {"i64", tristab::Dtype::i64}, {"i32", tristab::Dtype::i32}};
  for (const auto& [each, dtype] : names) {
    if (name == each) return dtype;
  }
  throw tristab::UsageError("found the dtype " + name + "; allowed: f64, f32, f16, bf16");
}

lib::ArrayView view_of(const Given& given) {
  const auto& [array, dtype] = given;
  if ((array.flags() & py::array::c_style) == 0 || array.itemsize() != tristab::size_of(dtype_of(dtype)))
    throw tristab::UsageError("found an array that is not in row-major order, or not of its dtype");
  return {array.data(), dtype_of(dtype), {array.shape(), array.shape() + array.ndim()}};
}

lib::Tensors views_of(const GivenTensors& given) {
  lib::Tensors tensors;
  for (const auto& [name, array] : given) tensors.emplace(name, view_of(array));
  return tensors;
}

// Without a copy: the numbers live as long as the numpy array.
py::array array_of(const lib::Array& array) {
  using Share = std::shared_ptr<std::byte[]>;
  const py::capsule owner(new Share(array.share()), [](void* share) { delete static_cast<Share*>(share); });
  const py::dtype dtype = array.dtype() == tristab::Dtype::f32 ? py::dtype::of<float>() : py::dtype::of<double>();
  return py::array(dtype, array.shape(), array.data(), owner);
}

py::dict dict_of(const lib::Arrays& arrays) {
  py::dict dict;
  for (const auto& [name, array] : arrays) dict[py::str(name)] = array_of(array);
  return dict;
}

// Runs `work` without the GIL, on a thread of its own: this one listens for Ctrl-C, which ends the work.
template <class Work>
auto computed(const Work& work) {
  std::optional<decltype(work())> result;
  std::exception_ptr error;
  bool done = false, interrupted = false;
  std::mutex mutex;
  std::condition_variable ended;
  {
    const py::gil_scoped_release release;
    std::thread worker([&] {
      try {
        result.emplace(work());
      } catch (...) {
        error = std::current_exception();
      }
      const std::lock_guard lock(mutex);
      done = true;
      ended.notify_one();
    });
    std::unique_lock lock(mutex);
    while (!ended.wait_for(lock, std::chrono::milliseconds(100), [&] { return done; })) {
      lock.unlock();
      {
        const py::gil_scoped_acquire acquire;
        if (!interrupted && PyErr_CheckSignals() != 0) {
          interrupted = true;
          lib::interrupt(true);
        }
      }
      lock.lock();
    }
    lock.unlock();
    worker.join();
  }
  if (interrupted) {
    lib::interrupt(false);
    throw py::error_already_set();
  }
  if (error) {
    try {
      std::rethrow_exception(error);
    } catch (const tristab::Stopped&) {  // Ctrl-C in another thread
      PyErr_SetNone(PyExc_KeyboardInterrupt);
      throw py::error_already_set();
    }
  }
  return std::move(*result);
}

std::uint64_t seed_of(std::int64_t seed) {
  if (seed < 0) throw tristab::UsageError("seed: found " + std::to_string(seed) + "; allowed: 0 or more");
  return static_cast<std::uint64_t>(seed);
}

py::dict measurement_dict(const lib::Measurement& measured) {
  py::dict dict;
  for (std::size_t name = 0; name < measured.names.size(); ++name)
    dict[py::str(measured.names[name])] =
        py::array_t<double>(static_cast<py::ssize_t>(measured.numbers[name].size()), measured.numbers[name].data());
  dict["status"] = measured.status;
  dict["for_format"] = measured.for_format;
  dict["fit"] = measured.fit;
  return dict;
}

}  // namespace

PYBIND11_MODULE(_tristab, module) {
  module.doc() = "tristab::library for numpy; use the functions of the package tristab.";

  py::register_exception<tristab::UsageError>(module, "UsageError", PyExc_ValueError);
  py::register_exception<tristab::InputError>(module, "InputError", PyExc_ValueError);

  py::class_<lib::Inverter>(module, "Inverter")
      .def(py::init<const std::string&>(), py::arg("kernel"))
      .def(py::init<const std::string&, const std::string&, const std::string&>(), py::arg("method"),
           py::arg("arithmetic"), py::arg("formation"))
      .def_property_readonly("label", &lib::Inverter::label)
      .def_property_readonly("chunks", &lib::Inverter::chunks);

  module.def("invert", [](const lib::Inverter& inverter, const Given& a) {
    const lib::ArrayView view = view_of(a);
    return array_of(computed([&] { return lib::invert(inverter, view); }));
  });
  module.def("invert_layer", [](const lib::Inverter& inverter, const GivenTensors& tensors, int chunk) {
    const lib::Tensors views = views_of(tensors);
    return array_of(computed([&] { return lib::invert(inverter, views, chunk); }));
  });
  module.def("form", [](const GivenTensors& tensors, int chunk, const std::string& formation) {
    const lib::Tensors views = views_of(tensors);
    return array_of(computed([&] { return lib::form(views, chunk, formation); }));
  });
  module.def("form_by", [](const GivenTensors& tensors, int chunk, const lib::Inverter& inverter) {
    const lib::Tensors views = views_of(tensors);
    return array_of(computed([&] { return lib::form(views, chunk, inverter); }));
  });
  module.def("layer",
             [](const lib::Inverter& inverter, const GivenTensors& tensors, int chunk, const std::string& arithmetic) {
               const lib::Tensors views = views_of(tensors);
               return dict_of(computed([&] { return lib::layer(inverter, views, chunk, arithmetic); }));
             });
  module.def("generate", [](const std::string& family, int chunk, int trials, std::int64_t seed) {
    return array_of(computed([&] { return lib::generate(family, chunk, trials, seed_of(seed)); }));
  });
  module.def("generate_layer", [](const std::string& family, int chunk, int chunks, int trials, std::int64_t seed) {
    return dict_of(computed([&] { return lib::generate_layer(family, chunk, chunks, trials, seed_of(seed)); }));
  });
  module.def("reference", [](const Given& a) {
    const lib::ArrayView view = view_of(a);
    const lib::Reference all = computed([&] { return lib::reference(view); });
    return py::make_tuple(array_of(all.high), array_of(all.low), all.residual);
  });
  module.def("measure", [](const Given& a, const Given& t, const std::optional<lib::Inverter>& inverter,
                           const std::string& require) {
    const lib::ArrayView view = view_of(a), result = view_of(t);
    return measurement_dict(computed([&] { return lib::measure(view, result, inverter, require); }));
  });
  module.def("check",
             [](const GivenTensors& input, const GivenTensors& output, const std::optional<lib::Inverter>& inverter,
                int chunk, const std::string& require, const std::string& gates, bool exact, std::int64_t search,
                const std::optional<GivenTensors>& again) {
               const lib::Tensors inputs = views_of(input), outputs = views_of(output);
               const lib::Tensors second = again ? views_of(*again) : lib::Tensors();
               lib::CheckOptions options;
               options.inverter = inverter;
               options.chunk = chunk;
               options.require = require;
               options.gates = gates;
               options.exact = exact;
               options.search = search;
               options.again = again ? &second : nullptr;
               const lib::Judgement judged = computed([&] { return lib::check(inputs, outputs, options); });
               return py::make_tuple(judged.passed, judged.text, judged.json);
             });
  module.def("recommend", [](const std::string& options, const std::optional<GivenTensors>& input) {
    const lib::Tensors inputs = input ? views_of(*input) : lib::Tensors();
    const lib::Recommended answer = computed([&] { return lib::recommend(options, input ? &inputs : nullptr); });
    return py::make_tuple(answer.found, answer.text, answer.json, answer.recipe);
  });
  module.def("sweep", [](const std::string& config, const std::string& directory, int jobs) {
    std::string records, matrices, layers, rest;
    const auto into = [](std::string& all) { return [&all](std::string_view lines) { all += lines; }; };
    computed([&] {
      lib::sweep(config, directory, {into(records), into(matrices), into(layers), into(rest)}, jobs);
      return true;
    });
    return py::make_tuple(records, matrices, layers, rest);
  });
  module.def("list", &lib::list);
  module.def("version", &lib::version);
}
