# What an inversion costs, and how long it takes on a described machine: configs/hardware/*.json.
tristab_layer(cost SOURCES cost.cc hardware.cc USES tristab_recipe)
file(GLOB hardware_files CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/configs/hardware/*.json)
list(SORT hardware_files)
tristab_embed(cost builtin_hardware ${hardware_files})
