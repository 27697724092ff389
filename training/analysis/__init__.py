"""The data scientist's faces: training sets as tables, pandas, scikit-learn and shap.

pandas, scikit-learn and shap are needed by these modules only (the extra ``analysis``).
"""
