import ClusterModel

typealias RecoveryMethod = ClusterModel.RecoveryMethod
