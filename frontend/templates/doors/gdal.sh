# What there is, asked of the API
ogrinfo -so 'OAPIF:{{ base }}/api' blocks

# Through the API into a GeoPackage: every page is fetched
ogr2ogr -f GPKG offered.gpkg 'OAPIF:{{ base }}/api' blocks -where "status = 'offered'"

# A file of the portal, opened where it lies, into UTM zone 45 N
ogr2ogr -f GPKG odisha.gpkg '/vsicurl/{{ base }}/download/blocks.fgb?state=odisha' -t_srs EPSG:32645
