// A JSON Schema (draft 7); valijson checks documents against it.
#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

namespace tristab {

class ParsedSchema {
 public:
  explicit ParsedSchema(nlohmann::json text);

  // "" if the document is valid, else the errors.
  std::string error(const nlohmann::json& document) const;

 private:
  struct Schema;
  std::shared_ptr<const Schema> schema_;
};

}  // namespace tristab
