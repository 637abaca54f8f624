library(sf)

blocks <- st_read("{{ base }}/download/blocks.geojson?state=odisha", quiet = TRUE)
print(table(blocks$status))
plot(blocks["status"], key.pos = 1)
