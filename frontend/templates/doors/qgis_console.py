from qgis.core import QgsProject, QgsVectorLayer

uri = "url='{{ base }}/api' typename='blocks' version='OGC_API_FEATURES' pagingEnabled='true'"
blocks = QgsVectorLayer(uri, "Mineral blocks", "OAPIF")
blocks.setSubsetString("\"status\" = 'offered'")
QgsProject.instance().addMapLayer(blocks)
print(blocks.featureCount(), "blocks on offer")
