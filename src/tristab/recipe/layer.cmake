# The recipes of configs/kernels.
tristab_layer(recipe SOURCES recipe.cc USES tristab_method tristab_layer)
file(GLOB recipe_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/kernels/*.json)
list(SORT recipe_files)
tristab_embed(recipe builtin_recipes ${recipe_files})
