# The recipes of configs/kernels become part of the program, so that it finds them wherever it is installed.
file(GLOB recipe_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/kernels/*.json)
list(SORT recipe_files)
set(builtin_recipes ${CMAKE_CURRENT_BINARY_DIR}/builtin_recipes.cc)
add_custom_command(OUTPUT ${builtin_recipes}
  COMMAND ${CMAKE_COMMAND} "-DFILES=${recipe_files}" -DOUTPUT=${builtin_recipes} -P ${CMAKE_CURRENT_LIST_DIR}/embed.cmake
  DEPENDS ${recipe_files} ${CMAKE_CURRENT_LIST_DIR}/embed.cmake VERBATIM)
tristab_layer(recipe SOURCES recipe.cc USES tristab_method tristab_layer)
target_sources(tristab_recipe PRIVATE ${builtin_recipes})
